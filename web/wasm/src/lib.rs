//! client-core's door to the browser's core worker: [`DeviceCore`] is `client_core::Core` with JavaScript at both
//! ends. The sealing of media has a door (and a module) of its own, `web/wasm/media`, so that the frame-transform
//! worker loads tens of kilobytes instead of hundreds.
//!
//! Times are milliseconds since the Unix epoch and ids count from zero: both stay below 2^53 and are numbers to
//! JavaScript.

mod outputs;

use client_core::{
    Core, PasswordCost, UnlockError,
    api::{Command, Input, Start},
};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::*;
use zeroize::Zeroize;

/// Puts a storage key under a password; `salt` has 16 bytes, drawn anew each time. All are wiped here.
#[wasm_bindgen]
pub fn lock_storage_key(
    mut password: String,
    salt: Vec<u8>,
    storage_key: Vec<u8>,
) -> Result<Vec<u8>, JsError> {
    let mut key = take_32(storage_key)?;
    let salt = salt
        .try_into()
        .map_err(|_| JsError::new("the salt has 16 bytes"))?;
    let locked = client_core::lock_storage_key(&password, salt, PasswordCost::STANDARD, &key);
    password.zeroize();
    key.zeroize();
    locked.ok_or_else(|| JsError::new("the key cannot be locked"))
}

/// Opens what [`lock_storage_key`] made; nothing where the password is another one. The caller wipes the key.
#[wasm_bindgen]
pub fn unlock_storage_key(mut password: String, locked: &[u8]) -> Result<Option<Vec<u8>>, JsError> {
    let opened = client_core::unlock_storage_key(&password, locked);
    password.zeroize();
    match opened {
        Ok(key) => Ok(Some(key.to_vec())),
        Err(UnlockError::WrongPassword) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The device. Call [`DeviceCore::poll`] until it gives nothing after each of the other methods.
#[wasm_bindgen]
pub struct DeviceCore {
    core: Core,
}

#[wasm_bindgen]
impl DeviceCore {
    /// Starts from the records of the store: pairs of name and bytes. `storage_key` and `seed` have 32 bytes each
    /// and are wiped here; the caller wipes its own. Throws the name of what does not open: then the store has to
    /// be wiped.
    #[wasm_bindgen(constructor)]
    pub fn new(
        now: f64,
        storage_key: Vec<u8>,
        seed: Vec<u8>,
        #[wasm_bindgen(unchecked_param_type = "[string, Uint8Array][]")] records: Array,
        device_name: String,
    ) -> Result<DeviceCore, JsError> {
        std::panic::set_hook(Box::new(report_panic));
        let start = Start {
            now: millis(now),
            seed: take_32(seed)?,
            storage_key: take_32(storage_key)?,
            records: records.iter().map(record).collect::<Result<_, _>>()?,
            device_name,
        };
        Ok(Self {
            core: Core::new(start)?,
        })
    }

    /// A command as JSON. Throws where it is none.
    pub fn command(&mut self, now: f64, id: u32, mut json: String) -> Result<(), JsError> {
        let command = serde_json::from_str::<Command>(&json);
        json.zeroize();
        let command = command.map_err(|_| JsError::new("not a command"))?;
        self.take(now, Input::Command { id, command });
        Ok(())
    }

    /// Answer to an output of type `http`.
    pub fn http_answer(&mut self, now: f64, id: f64, status: u16, body: Vec<u8>) {
        self.take(
            now,
            Input::HttpAnswer {
                id: id as u64,
                status,
                body,
            },
        );
    }

    /// An output of type `http` got no answer.
    pub fn http_failed(&mut self, now: f64, id: f64) {
        self.take(now, Input::HttpFailed { id: id as u64 });
    }

    /// The WebSocket is open.
    pub fn socket_opened(&mut self, now: f64) {
        self.take(now, Input::SocketOpened);
    }

    /// A text frame came.
    pub fn socket_text(&mut self, now: f64, text: String) {
        self.take(now, Input::SocketText(text));
    }

    /// The WebSocket is closed, or could not be opened.
    pub fn socket_closed(&mut self, now: f64) {
        self.take(now, Input::SocketClosed);
    }

    /// The batch is durable.
    pub fn persisted(&mut self, now: f64, batch: f64) {
        self.take(now, Input::Persisted { batch: batch as u64 });
    }

    /// The batch could not be stored.
    pub fn persist_failed(&mut self, now: f64, batch: f64) {
        self.take(now, Input::PersistFailed { batch: batch as u64 });
    }

    /// The network came back, or the device woke up.
    pub fn nudge(&mut self, now: f64) {
        self.take(now, Input::Nudge);
    }

    /// The time of the last `wake_at` has come.
    pub fn tick(&mut self, now: f64) {
        self.take(now, Input::Tick);
    }

    /// The next thing to do, in order.
    #[wasm_bindgen(unchecked_return_type = "CoreOutput | undefined")]
    pub fn poll(&mut self) -> Result<JsValue, JsError> {
        self.core
            .poll_output()
            .map_or(Ok(JsValue::UNDEFINED), outputs::to_js)
    }

    fn take(&mut self, now: f64, input: Input) {
        self.core.handle_input(millis(now), input);
    }
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console)]
    fn error(text: &str);
}

/// Where, never what: the message of a panic may hold anything.
fn report_panic(info: &std::panic::PanicHookInfo<'_>) {
    match info.location() {
        Some(at) => error(&format!("the core stopped at {}:{}", at.file(), at.line())),
        None => error("the core stopped"),
    }
}

fn millis(now: f64) -> protocol::Millis {
    protocol::Millis(now as u64)
}

fn take_32(mut bytes: Vec<u8>) -> Result<[u8; 32], JsError> {
    let taken = <[u8; 32]>::try_from(bytes.as_slice());
    bytes.zeroize();
    taken.map_err(|_| JsError::new("a key has 32 bytes"))
}

fn record(pair: JsValue) -> Result<(String, Vec<u8>), JsError> {
    let pair: Array = pair.unchecked_into();
    let name = pair
        .get(0)
        .as_string()
        .ok_or_else(|| JsError::new("a record has a name"))?;
    let bytes = pair
        .get(1)
        .dyn_into::<Uint8Array>()
        .map_err(|_| JsError::new("a record has bytes"))?;
    Ok((name, bytes.to_vec()))
}
