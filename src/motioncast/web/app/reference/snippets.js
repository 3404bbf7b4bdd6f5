/** The request as source text. The key is read from the environment, never written down. */

const INDENT = "    ";

/** [name, source] pairs: cURL, Python, JavaScript, and the official client where it has a call for it. */
export function snippetsOf(operation, request) {
  const url = location.origin + request.path;
  const sources = [["cURL", curl(request, url)], ["Python", python(request, url)], ["JavaScript", javascript(request, url)]];
  const sdk = clientCall(operation, request);
  return sdk ? [...sources, ["SDK", sdk]] : sources;
}

function curl({ method, headers, json, form, bytes, needsKey, streams }, url) {
  const parts = [`curl ${streams ? "-N " : ""}${method === "GET" ? "" : `-X ${method} `}${quoted(url)}`];
  if (needsKey) parts.push('-H "Authorization: Bearer $KEY"');
  for (const [name, value] of Object.entries(headers)) parts.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (json !== undefined) parts.push("-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(json, null, 2))}`);
  if (form !== undefined) parts.push(`-F ${quoted("file=@" + nameOf(form))}`);
  if (bytes !== undefined) parts.push(`--data-binary ${quoted("@" + nameOf(bytes))}`);
  return parts.join(" \\\n  ") + "\n";
}

function python({ method, headers, json, form, bytes, needsKey, streams }, url) {
  const sent = Object.entries(headers).map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  if (needsKey) sent.unshift('"Authorization": f"Bearer {os.environ[\'KEY\']}"');
  const options = [JSON.stringify(url)];
  if (sent.length) options.push(`headers={${sent.join(", ")}}`);
  if (json !== undefined) options.push(`json=${literal(json, 1)}`);
  if (form !== undefined) options.push(`files={"file": open(${JSON.stringify(nameOf(form))}, "rb")}`);
  if (bytes !== undefined) options.push(`content=open(${JSON.stringify(nameOf(bytes))}, "rb").read()`);
  const imports = (needsKey ? "import os\n\n" : "") + "import httpx\n\n";
  if (streams) {
    return `${imports}with httpx.stream("${method}", ${options.join(", ")}, timeout=30) as answer:\n    for line in answer.iter_lines():\n        print(line)\n`;
  }
  options.push("timeout=120");
  return `${imports}answer = httpx.${method.toLowerCase()}(\n${options.map((option) => `${INDENT}${option},\n`).join("")})\nprint(answer.status_code, answer.json())\n`;
}

function javascript({ method, headers, json, form, bytes, needsKey, streams }, url) {
  const sent = Object.entries(headers).map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  if (json !== undefined) sent.unshift('"Content-Type": "application/json"');
  if (needsKey) sent.unshift('Authorization: `Bearer ${process.env.KEY}`');
  const options = [`method: "${method}"`];
  if (sent.length) options.push(`headers: { ${sent.join(", ")} }`);
  if (json !== undefined) options.push(`body: JSON.stringify(${JSON.stringify(json, null, 2).replaceAll("\n", "\n  ")})`);
  if (form !== undefined) options.push("body: form");
  if (bytes !== undefined) options.push(`body: await readFile(${JSON.stringify(nameOf(bytes))})`);
  const reads = form !== undefined || bytes !== undefined ? 'import { readFile } from "node:fs/promises";\n\n' : "";
  const name = form !== undefined && JSON.stringify(nameOf(form));
  const fills = name ? `const form = new FormData();\nform.append("file", new Blob([await readFile(${name})]), ${name});\n` : "";
  const call = `const answer = await fetch(${JSON.stringify(url)}, {\n${options.map((option) => `  ${option},\n`).join("")}});\n`;
  const rest = streams
    ? "for await (const part of answer.body.pipeThrough(new TextDecoderStream())) console.log(part);\n"
    : "console.log(answer.status, await answer.json());\n";
  return reads + fills + call + rest;
}

/** The official client knows nothing of queries and headers, so it shows only where there are none. */
function clientCall({ operationId }, { path, headers, json, form }) {
  if (path.includes("?") || Object.keys(headers).length) return null;
  const start = `import os\n\nfrom wavespeed import Client\n\nclient = Client(api_key=os.environ["KEY"], base_url=${JSON.stringify(location.origin)})\n`;
  if (operationId === "submit") return `${start}print(client.run("${path.replace("/api/v3/", "")}", ${literal(json, 0)})["outputs"])\n`;
  return operationId === "uploadForm" ? `${start}print(client.upload(${JSON.stringify(nameOf(form))}))\n` : null;
}

/** A JSON value as a Python literal. */
function literal(value, depth) {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value !== "object") return JSON.stringify(value);
  const inner = INDENT.repeat(depth + 1);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  const parts = Array.isArray(value)
    ? value.map((item) => literal(item, depth + 1))
    : Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${literal(item, depth + 1)}`);
  return parts.length ? `${open}\n${parts.map((part) => `${inner}${part},\n`).join("")}${INDENT.repeat(depth)}${close}` : open + close;
}

function quoted(value) {
  return `'${value.replaceAll("'", "'\\''")}'`;
}

function nameOf(file) {
  return file?.name ?? "me.png";
}
