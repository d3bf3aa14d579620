// Compiles the vendored look and writes the manifest that a test holds the files to.
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import path from "node:path";
import * as esbuild from "esbuild";
import * as sass from "sass";

const here = path.dirname(fileURLToPath(import.meta.url));
const statics = path.resolve(here, "../../app/static");
const vendor = path.join(statics, "vendor");
const { version, license } = JSON.parse(await readFile(path.join(here, "node_modules/govuk-frontend/package.json")));
const folder = `govuk-frontend-${version}`;

// theme.css is the one place for colours; the compiled fallbacks for browsers without custom properties follow it.
const theme = await readFile(path.join(statics, "css/theme.css"), "utf8");
const [screen] = theme.split("@media");
const functional = [...screen.matchAll(/--govuk-([\w-]+)-colour:\s*(#[0-9a-f]{6});/g)]
  .map(([, name, value]) => `"${name}": ${value}`)
  .join(", ");
const themeModule = {
  canonicalize: (url) => (url === "theme" ? new URL("theme:") : null),
  load: () => ({ contents: `$functional: (${functional});`, syntax: "scss" }),
};

const { css } = sass.compile(path.join(here, "look.scss"), {
  style: "compressed",
  charset: false,
  loadPaths: [path.join(here, "node_modules")],
  importers: [themeModule],
  quietDeps: true,
});

const script = await esbuild.build({
  entryPoints: [path.join(here, "look.mjs")],
  bundle: true,
  minify: true,
  format: "esm",
  target: ["es2020"],
  legalComments: "none",
  write: false,
});

const files = {
  "govuk-frontend.min.css": `/*! GOV.UK Frontend ${version}, ${license} licence, see LICENSE.txt */\n${css}\n`,
  "govuk-frontend.min.js": `/*! GOV.UK Frontend ${version}, ${license} licence, see LICENSE.txt */\n${script.outputFiles[0].text}`,
  "LICENSE.txt": await readFile(path.join(here, "LICENSE-govuk-frontend.txt"), "utf8"),
};

await rm(vendor, { recursive: true, force: true });
await mkdir(path.join(vendor, folder), { recursive: true });
const digests = {};
for (const [name, text] of Object.entries(files)) {
  await writeFile(path.join(vendor, folder, name), text);
  digests[`${folder}/${name}`] = createHash("sha384").update(text).digest("base64");
}
const manifest = [{ name: "govuk-frontend", version, licence: license, sha384: digests }];
await writeFile(path.join(vendor, "manifest.json"), JSON.stringify(manifest, null, 2) + "\n");
