//! Outputs as JavaScript objects.

use client_core::api::{Batch, Output};
use js_sys::{Array, Object, Reflect, Uint8Array};
use serde::Serialize;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** What the shell is to do; `client_core::api::Output`. */
export type CoreOutput =
  /** Store all records (null = delete) in one durable transaction, then `persisted`. */
  | { type: "persist"; batch: number; wipe: boolean; records: [string, Uint8Array | null][] }
  /** Send a request to the own origin, then `http_answer` or `http_failed`. */
  | { type: "http"; id: number; method: string; path: string; token: string | null; headers: [string, string][]; body: Uint8Array }
  | { type: "socket_open"; path: string }
  | { type: "socket_send"; text: string }
  | { type: "socket_close" }
  /** JSON of an `Event` for the user interface. */
  | { type: "event"; json: string }
  /** A `MediaUpdate` as bytes, to be wiped by who uses it; for the frame-transform worker alone. */
  | { type: "media"; update: Uint8Array }
  /** `tick` at this time; replaces the former wish. */
  | { type: "wake_at"; at: number };
"#;

/// The object of [`TYPES`] for an output.
pub fn to_js(output: Output) -> Result<JsValue, JsError> {
    let js = match output {
        Output::Persist(batch) => persist(batch),
        Output::Http {
            id,
            method,
            path,
            token,
            headers,
            body,
        } => object(&[
            ("type", "http".into()),
            ("id", (id as f64).into()),
            ("method", method.into()),
            ("path", path.into()),
            ("token", token.map_or(JsValue::NULL, JsValue::from)),
            ("headers", pairs(&headers)),
            ("body", Uint8Array::from(body.as_slice()).into()),
        ]),
        Output::SocketOpen { path } => object(&[("type", "socket_open".into()), ("path", path.into())]),
        Output::SocketSend(text) => object(&[("type", "socket_send".into()), ("text", text.into())]),
        Output::SocketClose => object(&[("type", "socket_close".into())]),
        Output::Event(event) => object(&[("type", "event".into()), ("json", to_json(&event)?.into())]),
        Output::Media(update) => {
            let js = Uint8Array::from(update.encode().as_slice());
            object(&[("type", "media".into()), ("update", js.into())])
        }
        Output::WakeAt(at) => object(&[("type", "wake_at".into()), ("at", (at.0 as f64).into())]),
    };
    Ok(js)
}

fn pairs(pairs: &[(&str, String)]) -> JsValue {
    let pairs = pairs.iter();
    let js: Array = pairs
        .map(|(name, value)| Array::of2(&(*name).into(), &value.into()))
        .collect();
    js.into()
}

fn persist(batch: Batch) -> JsValue {
    let records: Array = batch
        .records
        .iter()
        .map(|(name, value)| {
            let value = value
                .as_deref()
                .map_or(JsValue::NULL, |bytes| Uint8Array::from(bytes).into());
            Array::of2(&name.into(), &value)
        })
        .collect();
    object(&[
        ("type", "persist".into()),
        ("batch", (batch.number as f64).into()),
        ("wipe", batch.wipe.into()),
        ("records", records.into()),
    ])
}

fn to_json(value: &impl Serialize) -> Result<String, serde_json::Error> {
    serde_json::to_string(value)
}

fn object(fields: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in fields {
        // Fails only for proxies and frozen objects.
        let _ = Reflect::set(&object, &(*name).into(), value);
    }
    object.into()
}
