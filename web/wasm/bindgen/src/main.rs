//! `conclave-bindgen IN.wasm OUT-DIR NAME`: writes `NAME.js`, `NAME.d.ts` and `NAME_bg.wasm` for the web.

use std::error::Error;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(input), Some(folder), Some(name)) = (arguments.next(), arguments.next(), arguments.next()) else {
        return Err("usage: conclave-bindgen IN.wasm OUT-DIR NAME".into());
    };
    // The file is always named by who loads it, so that a bundler sees it.
    Bindgen::new()
        .input_path(input)
        .out_name(&name)
        .web(true)?
        .typescript(true)
        .omit_default_module_path(true)
        .generate(folder)?;
    Ok(())
}
