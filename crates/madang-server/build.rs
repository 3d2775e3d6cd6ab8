//! Puts the built web app into the binary: a table of its files, compressed forms beside the plain ones.
//!
//! The files are copied first, so that a web build that runs at the same time can't take them away from under rustc.
//! Without `web/app/dist` the build still works, and the binary serves a page that says how to build the app.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

const NOT_BUILT: &str = "<!doctype html><html lang=en><meta charset=utf-8><title>Madang</title><body><h1>Madang</h1>\
    <p>The server runs, but this binary was built without the web app. Build both with <code>make build</code>.</p>";

fn main() -> io::Result<()> {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let app = here.join("../../web/app").canonicalize();
    let dist = app.as_ref().map(|app| app.join("dist")).ok().filter(|dist| dist.join("index.html").is_file());
    let files = match &dist {
        Some(dist) => {
            watch(dist);
            copies(listing(dist)?, &out.join("app"))?
        }
        None => {
            // A path that doesn't exist would mean "always"; the folder changes when `dist` appears in it.
            watch(app.as_deref().unwrap_or(&here));
            let page = out.join("not-built.html");
            fs::write(&page, NOT_BUILT)?;
            BTreeMap::from([("index.html".to_owned(), page)])
        }
    };
    fs::write(out.join("web_app.rs"), table(&files)?)
}

fn watch(path: &Path) {
    println!("cargo::rerun-if-changed={}", path.display());
}

/// All files below `root` by their path in a URL.
fn listing(root: &Path) -> io::Result<BTreeMap<String, PathBuf>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name =
                path.strip_prefix(root).expect("it lies below").to_str().expect("vite writes ASCII names");
            if path.is_dir() {
                folders.push(path);
            } else if !name.starts_with('.') {
                found.insert(name.to_owned(), path);
            }
        }
    }
    Ok(found)
}

/// The same files, each copied into `folder`.
fn copies(files: BTreeMap<String, PathBuf>, folder: &Path) -> io::Result<BTreeMap<String, PathBuf>> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    let copy = |(index, (name, path)): (usize, (String, PathBuf))| {
        let to = folder.join(index.to_string());
        fs::copy(path, &to).map(|_| (name, to))
    };
    files.into_iter().enumerate().map(copy).collect()
}

/// The Rust source of the table, sorted by path.
fn table(files: &BTreeMap<String, PathBuf>) -> io::Result<String> {
    let packed_form = |name: &str| name.ends_with(".br") || name.ends_with(".gz");
    let mut rust = String::from("&[\n");
    for (name, path) in files.iter().filter(|(name, _)| !packed_form(name)) {
        let mut hasher = DefaultHasher::new();
        fs::read(path)?.hash(&mut hasher);
        let packed = |suffix: &str| {
            files
                .get(&format!("{name}.{suffix}"))
                .map_or("None".into(), |path| format!("Some(include_bytes!({path:?}))"))
        };
        writeln!(
            rust,
            "File {{ path: {name:?}, hash: \"{:016x}\", plain: include_bytes!({path:?}), br: {}, gz: {} }},",
            hasher.finish(),
            packed("br"),
            packed("gz"),
        )
        .expect("writing to a string");
    }
    rust.push(']');
    Ok(rust)
}
