//! The description as a page: plain HTML that needs no script and loads nothing from elsewhere.

use std::fmt::Write as _;

use serde_json::Value;

/// Levels of a schema that are unfolded; deeper ones are named.
const DEPTH_MAX: usize = 3;

/// Writes the page.
pub(super) fn render(document: &Value) -> String {
    let mut out = String::from(HEAD);
    let title = escape(document["info"]["title"].as_str().unwrap_or_default());
    let version = escape(document["info"]["version"].as_str().unwrap_or_default());
    let about = escape(document["info"]["description"].as_str().unwrap_or_default());
    add(
        &mut out,
        format_args!(
            "<header><h1>{title} API <small>{version}</small></h1><p>{about}</p>{INTRODUCTION}</header>"
        ),
    );
    let tags = document["tags"].as_array().into_iter().flatten();
    out.push_str("<nav><ul>");
    for tag in tags.clone() {
        let name = escape(tag["name"].as_str().unwrap_or_default());
        add(&mut out, format_args!("<li><a href=\"#{name}\">{name}</a></li>"));
    }
    out.push_str("<li><a href=\"#events\">events</a></li></ul></nav><main>");
    for tag in tags {
        let name = tag["name"].as_str().unwrap_or_default();
        let what = escape(tag["description"].as_str().unwrap_or_default());
        add(&mut out, format_args!("<section id=\"{0}\"><h2>{0}</h2><p>{what}</p>", escape(name)));
        for (path, operations) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in operations.as_object().into_iter().flatten() {
                if operation["tags"][0] == name {
                    operation_of(&mut out, (method, path), operation, document);
                }
            }
        }
        out.push_str("</section>");
    }
    events(&mut out, document);
    out.push_str("</main></body></html>\n");
    out
}

const HEAD: &str = "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
<meta name=\"color-scheme\" content=\"light dark\"><title>Madang API</title>\
<link rel=\"stylesheet\" href=\"docs.css\"></head><body>";

const INTRODUCTION: &str = "<p>Make an API token in the app (Settings, Tokens) and send it with every request. \
What is refused comes as <code>application/problem+json</code> with a code.</p>\
<pre><code>export MADANG=https://madang.example.org/api/v1\nexport TOKEN=…\ncurl -H \"Authorization: Bearer $TOKEN\" $MADANG/me</code></pre>";

fn operation_of(out: &mut String, (method, path): (&str, &str), operation: &Value, document: &Value) {
    let (verb, shown) = (method.to_uppercase(), escape(path));
    let summary = escape(operation["summary"].as_str().unwrap_or_default());
    add(
        out,
        format_args!(
            "<details><summary><span class=\"verb {method}\">{verb}</span> <code>{shown}</code> <span class=\"what\">{summary}</span></summary>"
        ),
    );
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let mut rows = String::new();
    for parameter in parameters.clone() {
        let text = |field: &str| escape(parameter[field].as_str().unwrap_or_default());
        add(
            &mut rows,
            format_args!(
                "<tr><td><code>{}</code></td><td>{}</td><td>{}</td></tr>",
                text("name"),
                text("in"),
                text("description")
            ),
        );
    }
    if !rows.is_empty() {
        add(
            out,
            format_args!(
                "<table><thead><tr><th>Name</th><th>Where</th><th>What</th></tr></thead><tbody>{rows}</tbody></table>"
            ),
        );
    }
    let body = &operation["requestBody"]["content"]["application/json"];
    if body["schema"]["$ref"].is_string() {
        out.push_str("<h3>Body</h3>");
        schema_of(out, &body["schema"], document, 0);
    }
    add(
        out,
        format_args!(
            "<h3>Try it</h3><pre><code>{}</code></pre>",
            escape(&curl(method, path, body, operation))
        ),
    );
    let answers = operation["responses"].as_object().into_iter().flatten();
    for (status, answer) in answers.filter(|(status, _)| *status != "default") {
        let what = escape(answer["description"].as_str().unwrap_or_default());
        add(out, format_args!("<h3>{}</h3><p>{what}</p>", escape(status)));
        let schema = &answer["content"]["application/json"]["schema"];
        if schema["$ref"].is_string() {
            schema_of(out, schema, document, 0);
        }
    }
    out.push_str("</details>");
}

/// The request as one types it.
fn curl(method: &str, path: &str, body: &Value, operation: &Value) -> String {
    let stays = path.ends_with("/events");
    let mut line = String::from(if stays { "curl -N" } else { "curl" });
    if method != "get" {
        add(&mut line, format_args!(" -X {}", method.to_uppercase()));
    }
    if operation["security"].as_array().is_none_or(|none| !none.is_empty()) {
        line.push_str(" -H \"Authorization: Bearer $TOKEN\"");
    }
    if !body.is_null() {
        let example =
            if body["example"].is_null() { "{…}".to_owned() } else { body["example"].to_string() };
        add(&mut line, format_args!(" -H 'Content-Type: application/json' -d '{example}'"));
    }
    let path = path.replace('{', "$").replace('}', "");
    line + " $MADANG" + &path
}

/// A schema as a list of its fields.
fn schema_of(out: &mut String, schema: &Value, document: &Value, depth: usize) {
    let name = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next());
    let schema = name.map_or(schema, |name| &document["components"]["schemas"][name]);
    if let Some(what) = schema["description"].as_str() {
        add(out, format_args!("<p class=\"about\">{}</p>", escape(what)));
    }
    let Some(fields) = schema["properties"].as_object().filter(|_| depth < DEPTH_MAX) else { return };
    out.push_str("<dl>");
    let required = schema["required"].as_array();
    for (name, field) in fields {
        let needed = required.is_some_and(|all| all.iter().any(|one| one == name));
        let optional = if needed { "" } else { " <span class=\"optional\">optional</span>" };
        let kind = escape(&kind_of(field));
        let what = escape(field["description"].as_str().unwrap_or_default());
        add(
            out,
            format_args!(
                "<dt><code>{}</code> <span class=\"kind\">{kind}</span>{optional}</dt><dd>{what}</dd>",
                escape(name)
            ),
        );
    }
    out.push_str("</dl>");
}

/// A field's type in a word.
fn kind_of(field: &Value) -> String {
    if let Some(path) = field["$ref"].as_str() {
        return path.rsplit('/').next().unwrap_or_default().to_owned();
    }
    if let Some(items) = field.get("items") {
        return format!("list of {}", kind_of(items));
    }
    for several in ["anyOf", "oneOf"] {
        if let Some(kinds) = field[several].as_array() {
            return kinds.iter().map(kind_of).collect::<Vec<_>>().join(" or ");
        }
    }
    match &field["type"] {
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => "any".into(),
    }
}

fn events(out: &mut String, document: &Value) {
    out.push_str("<section id=\"events\"><h2>events</h2><p>What a session's stream and the WebSocket tell, as <code>{type, data}</code>.</p>");
    for (kind, schema) in document["x-events"].as_object().into_iter().flatten() {
        add(out, format_args!("<details><summary><code>{}</code></summary>", escape(kind)));
        schema_of(out, schema, document, 0);
        out.push_str("</details>");
    }
    out.push_str("</section>");
}

fn add(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("writing to a String cannot fail");
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
