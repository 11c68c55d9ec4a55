// Serves a built bundle as the server does: unknown paths give index.html, and the same content security policy.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import path from "node:path";

/** The policy of the real server. */
export const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; " +
  "img-src 'self' blob: data:; media-src 'self' blob:; worker-src 'self'; manifest-src 'self'; font-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** @type {Record<string, string>} */
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
};

/**
 * @param {string} folder
 * @returns {Promise<{ origin: string, close: () => void }>}
 */
export async function serve(folder) {
  const server = createServer((request, response) => {
    void answer(folder, new URL(request.url ?? "/", "http://localhost").pathname, response);
  });
  await new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      resolve(undefined);
    });
  });
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return { origin: `http://localhost:${String(port)}`, close: () => server.close() };
}

/**
 * @param {string} folder
 * @param {string} pathname
 * @param {import("node:http").ServerResponse} response
 */
async function answer(folder, pathname, response) {
  const extension = path.extname(pathname);
  const name = extension in TYPES ? path.join(folder, path.normalize(pathname)) : path.join(folder, "index.html");
  try {
    const body = await readFile(name);
    response.writeHead(200, {
      "content-type": TYPES[path.extname(name)] ?? "application/octet-stream",
      "content-security-policy": POLICY,
    });
    response.end(body);
  } catch {
    response.writeHead(404).end();
  }
}
