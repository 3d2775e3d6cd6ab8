//! The list of models, from Claude, from local servers, and when there is none.

use madang_model::{AnthropicModel, Model, Settings};
use madang_protocol::{Effort, ErrorCode, ModelInfo};
use madang_testkit::upstream::{Options, Upstream};

use crate::serve::{Answer, Server};
use crate::support::{model, read, request, settings, text_reply};

async fn list(models: Option<&str>) -> Vec<ModelInfo> {
    let server = Server::start([], models).await;
    model(&server).models().await.unwrap()
}

fn plain(id: &str) -> ModelInfo {
    ModelInfo {
        id: id.to_owned(),
        display_name: id.to_owned(),
        simulated: false,
        deprecated: false,
        efforts: Vec::new(),
        default_effort: None,
        max_input_tokens: None,
        max_output_tokens: None,
        thinking: false,
        image_input: false,
        pdf_input: false,
    }
}

#[tokio::test]
async fn capabilities_come_from_the_upstream() {
    let upstream =
        Upstream::start(Options { lists_simulated_models: false, ..Options::default() }).await.unwrap();
    let model = AnthropicModel::new(&settings(&upstream.base_url())).unwrap();
    assert_eq!(model.default_model(), "claude-sonnet-5-5");
    let models = model.models().await.unwrap();
    let find = |id: &str| models.iter().find(|model| model.id == id).unwrap();
    assert_eq!(models[0].id, "claude-fable-5-2", "newest first, as listed");
    assert_eq!(
        *find("claude-opus-5-5"),
        ModelInfo {
            display_name: "Claude Opus 5.5".to_owned(),
            efforts: vec![Effort::Low, Effort::Medium, Effort::High, Effort::Xhigh, Effort::Max],
            default_effort: Some(Effort::Medium),
            max_input_tokens: Some(1_000_000),
            max_output_tokens: Some(128_000),
            thinking: true,
            image_input: true,
            pdf_input: true,
            ..plain("claude-opus-5-5")
        }
    );
    let old = find("claude-sonnet-4-5-20250929");
    assert!(old.deprecated && old.efforts.is_empty() && old.default_effort.is_none());
    assert!(models.iter().all(|model| !model.simulated));
}

#[tokio::test]
async fn local_servers_list_little_or_nothing() {
    let openai = r#"{"object":"list","data":[{"id":"llama3:8b","object":"model","created":1700000000,"owned_by":"library"}]}"#;
    assert_eq!(list(Some(openai)).await, [plain("llama3:8b")]);
    assert_eq!(list(Some(r#"{"data":[]}"#)).await, []);
    let server = Server::start([], None).await;
    let chosen = Settings { model: Some("llama3".to_owned()), ..settings(&server.base_url) };
    let model = AnthropicModel::new(&chosen).unwrap();
    assert_eq!(model.models().await.unwrap(), [plain("llama3")]);
    assert_eq!(model.default_model(), "llama3");
}

#[tokio::test]
async fn the_default_is_one_that_is_offered() {
    let models = r#"{"data":[{"id":"claude-new-9","lifecycle":"deprecated"},{"id":"claude-new-8","lifecycle":"active"}]}"#;
    let server = Server::start([], Some(models)).await;
    let model = model(&server);
    model.models().await.unwrap();
    assert_eq!(model.default_model(), "claude-new-8");
}

#[tokio::test]
async fn the_list_is_asked_for_once_and_again_when_old() {
    let listed = Some(r#"{"data":[{"id":"claude-x"}]}"#);
    let answers = || vec![Answer::stream(text_reply(&["a"])); 4];
    let server = Server::start(answers(), listed).await;
    let cached = model(&server);
    let replies = [(); 4].map(|()| read(cached.reply(request("claude-x", "hi"))));
    futures_util::future::join_all(replies).await;
    cached.models().await.unwrap();
    assert_eq!((server.seen().len(), server.seen_lists().len()), (4, 1));

    let server = Server::start(answers(), listed).await;
    let old = AnthropicModel::new(&Settings { models_ttl_ms: 0, ..settings(&server.base_url) }).unwrap();
    old.models().await.unwrap();
    old.models().await.unwrap();
    read(old.reply(request("claude-x", "hi"))).await;
    assert_eq!(server.seen_lists().len(), 2, "a reply takes an old list rather than wait");
}

#[tokio::test]
async fn replies_do_without_a_list_that_cannot_be_had() {
    let server = Server::start(vec![Answer::stream(text_reply(&["a"])); 3], Some("nonsense")).await;
    let model = model(&server);
    for _ in 0..3 {
        assert!(read(model.reply(request("claude-x", "hi"))).await.1.is_none());
    }
    assert_eq!(server.seen_lists().len(), 1, "and do not ask for it each time");
    assert_eq!(model.models().await.unwrap_err().code, ErrorCode::ModelUnavailable);
}

#[tokio::test]
async fn pages_are_followed_but_not_for_ever() {
    let endless = r#"{"data":[{"id":"a"}],"has_more":true,"last_id":"a"}"#;
    let server = Server::start([], Some(endless)).await;
    assert_eq!(model(&server).models().await.unwrap().len(), 10);
    let heads: Vec<String> = server.seen_lists().into_iter().map(|seen| seen.head).collect();
    assert!(heads[0].starts_with("GET /v1/models?limit=1000 "), "{heads:?}");
    assert!(heads[1].starts_with("GET /v1/models?limit=1000&after_id=a "), "{heads:?}");
    let odd = r#"{"data":[{"id":"a"}],"has_more":true,"last_id":"a b&c"}"#;
    assert_eq!(list(Some(odd)).await.len(), 1);
}
