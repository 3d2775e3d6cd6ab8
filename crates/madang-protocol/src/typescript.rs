//! Writes the TypeScript side of the vocabulary; `web/protocol` holds the result, and a test compares.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ts_rs::{Config, TS, TypeVisitor};

use crate::{AuditKind, CloseCode, ErrorCode, ProtocolVersion};

/// The file being written.
pub struct File {
    config: Config,
    declarations: BTreeMap<String, String>,
    maps: BTreeMap<&'static str, Vec<(&'static str, String)>>,
}

impl File {
    /// Adds one name of a map (`CommandData`, `EventData`) and every type it needs.
    pub(crate) fn entry<T: TS + 'static>(&mut self, map: &'static str, name: &'static str) {
        self.visit::<T>();
        let ty = T::name(&self.config);
        self.maps.entry(map).or_default().push((name, ty));
    }
}

impl TypeVisitor for File {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        // Only types with a file of their own are declared; strings and numbers are not.
        if T::output_path().is_some() && !self.declarations.contains_key(&T::name(&self.config)) {
            let declaration = T::decl(&self.config);
            self.declarations.insert(T::name(&self.config), declaration);
        }
        let visited = format!("visited {}", std::any::type_name::<T>());
        if self.declarations.insert(visited, String::new()).is_none() {
            T::visit_dependencies(self);
            T::visit_generics(self);
        }
    }
}

/// The whole of `web/protocol/src/generated.ts`.
#[must_use]
pub fn generate() -> String {
    let mut file = File { config: Config::default(), declarations: BTreeMap::new(), maps: BTreeMap::new() };
    crate::command::typescript(&mut file);
    crate::event::typescript(&mut file);
    file.visit::<AuditKind>();

    let mut out =
        String::from("// Generated from crates/madang-protocol by `cargo xtask codegen`. Do not edit.\n\n");
    for declaration in file.declarations.values().filter(|text| !text.is_empty()) {
        writeln!(out, "export {declaration}").expect("writing to a String cannot fail");
    }
    for (map, entries) in &file.maps {
        writeln!(out, "\nexport interface {map} {{").expect("writing to a String cannot fail");
        for (name, ty) in entries {
            writeln!(out, "  {name}: {ty};").expect("writing to a String cannot fail");
        }
        out.push_str("}\n");
    }
    constants(&mut out);
    out
}

fn constants(out: &mut String) {
    let mut line = |text: String| {
        out.push_str(&text);
        out.push('\n');
    };
    line(format!("\nexport const SUBPROTOCOL_V1 = \"{}\";", ProtocolVersion::V1.subprotocol()));
    line(format!("export const SUBPROTOCOL_V2 = \"{}\";", ProtocolVersion::V2.subprotocol()));
    line("\n/** Close codes; decide by range alone (CN6). */\nexport const CloseCode = {".into());
    for code in CloseCode::ALL {
        line(format!("  {code:?}: {},", code.number()));
    }
    line("} as const;\n\n/** Whether the same thing can succeed later (CM3). */\nexport const RECOVERABLE: Record<ErrorCode, boolean> = {".into());
    for code in ErrorCode::ALL {
        line(format!("  {}: {},", code.as_str(), code.row().recoverable));
    }
    line("};".into());
    line("\n/** Every kind of line that the audit log has. */\nexport const AUDIT_KINDS: readonly AuditKind[] = [".into());
    for kind in AuditKind::ALL {
        line(format!("  \"{}\",", kind.as_str()));
    }
    line("];".into());
}
