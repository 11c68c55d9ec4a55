//! What the service says of itself: `/api/openapi.json`.

use std::collections::BTreeSet;

use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use serde_json::Value;

use crate::testing::World;

const PREFIX: &str = "/api/v1/";

/// How the document's table names them.
const METHODS: [&str; 5] = ["GET ", "POST ", "HEAD ", "PATCH ", "DELETE "];

/// Routes are made from their descriptions (`routes!`), so that none is without one; here the other way round, and
/// the table of the document.
#[tokio::test]
async fn every_described_route_is_there_and_in_the_document() {
    let world = World::new().await;
    let description = description(&world).await;
    let described = routes_of(&description);
    for (method, path) in &described {
        let request = Request::builder()
            .method(method.clone())
            .uri(format!("{PREFIX}{path}"))
            .body(Body::empty())
            .unwrap();
        let answer = world.http(request).await;
        let text = String::from_utf8_lossy(&answer.bytes);
        assert_ne!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        assert!(!text.contains("there is no such route"), "{method} {path}");
    }
    let document = include_str!("../../../docs/protocol.md");
    let wire = document.split("## Wire").nth(1).unwrap();
    let documented: BTreeSet<String> = wire
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| METHODS.iter().any(|method| word.starts_with(method)))
        .map(str::to_owned)
        .collect();
    let described: BTreeSet<String> = described
        .iter()
        .map(|(method, path)| format!("{method} {path}"))
        .collect();
    assert_eq!(described, documented);
}

#[tokio::test]
async fn every_reference_of_the_description_leads_somewhere() {
    let world = World::new().await;
    let description = description(&world).await;
    let text = description.to_string();
    let references: BTreeSet<&str> = text
        .split("\"$ref\":\"#")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert!(references.len() > 15, "{references:?}");
    for reference in references {
        assert!(description.pointer(reference).is_some(), "{reference}");
    }
}

#[tokio::test]
async fn answers_have_the_described_fields() {
    let world = World::new().await;
    let description = description(&world).await;
    let fields = |schema: &str| -> BTreeSet<String> {
        let properties = &description["components"]["schemas"][schema]["properties"];
        properties.as_object().unwrap().keys().cloned().collect()
    };
    let server: Value = world.get("server").await.json();
    let given: BTreeSet<String> = server.as_object().unwrap().keys().cloned().collect();
    assert_eq!(given, fields("ServerInfo"));
    let problem: Value = world.invitation("none").await.json();
    let given: BTreeSet<String> = problem.as_object().unwrap().keys().cloned().collect();
    assert!(given.is_subset(&fields("Problem")) && given.len() > 1);
}

async fn description(world: &World) -> Value {
    let request = Request::builder()
        .uri("/api/openapi.json")
        .body(Body::empty())
        .unwrap();
    let answer = world.http(request).await;
    assert_eq!(answer.status, StatusCode::OK);
    serde_json::from_slice(&answer.bytes).unwrap()
}

fn routes_of(description: &Value) -> Vec<(Method, String)> {
    let paths = description["paths"].as_object().unwrap();
    let mut routes = Vec::new();
    for (path, methods) in paths {
        let path = path.strip_prefix(PREFIX).unwrap();
        for method in methods.as_object().unwrap().keys() {
            routes.push((method.to_uppercase().parse().unwrap(), path.to_owned()));
        }
    }
    routes
}
