//! `client_core::MlsBench` for `web/wasm/bench.mjs`. A crate of its own, so that nothing of it is in the bundle.

use client_core::MlsBench;
use wasm_bindgen::prelude::*;

/// A group of so many devices.
#[wasm_bindgen]
pub struct Mls(MlsBench);

fn done(step: Option<()>) -> Result<(), JsError> {
    step.ok_or_else(|| JsError::new("the group did not take the step"))
}

#[wasm_bindgen]
impl Mls {
    /// At least two devices.
    #[wasm_bindgen(constructor)]
    pub fn new(devices: u8) -> Result<Mls, JsError> {
        MlsBench::new(devices)
            .map(Self)
            .ok_or_else(|| JsError::new("there is no such group"))
    }

    /// Adds the device that is to join.
    pub fn prepare_join(&mut self) -> Result<(), JsError> {
        done(self.0.prepare_join())
    }

    /// It joins by its welcome.
    pub fn join(&mut self) -> Result<(), JsError> {
        done(self.0.join())
    }

    /// A device makes a commit that renews its leaf.
    pub fn commit(&mut self) -> Result<(), JsError> {
        done(self.0.commit())
    }

    /// Another device takes it.
    pub fn apply(&mut self) -> Result<(), JsError> {
        done(self.0.apply())
    }
}
