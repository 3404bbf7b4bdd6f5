/**
 * From what is in the form to a request, and from the request to the answer. It is sent by a plain fetch and not by
 * api.js: what it is for is to show answers as they come, errors and headers too.
 */
import { readEvents } from "../api.js";

const SHOWN_HEADERS = ["x-request-id", "content-type", "retry-after", "idempotency-replayed", "x-ignored-parameters"];

/** `{method, path, headers, json, form, bytes, needsKey}`; a file that is still to be chosen is null. */
export function buildRequest(operation, { values, body, file }) {
  const parameters = operation.parameters.filter(({ name }) => (values[name] ?? "") !== "");
  const of = (place) => parameters.filter((parameter) => parameter.in === place).map(({ name }) => [name, values[name]]);
  const inPath = Object.fromEntries(of("path").map(([name, value]) => [name, encodeURIComponent(value)]));
  const path = operation.path.replace(/\{(\w+)\}/g, (whole, name) => inPath[name] ?? whole);
  const query = new URLSearchParams(of("query")).toString();
  const [type] = Object.keys(operation.requestBody?.content ?? {});
  return {
    method: operation.method.toUpperCase(),
    path: path + (query && "?" + query),
    headers: Object.fromEntries(of("header")),
    needsKey: operation.security.length > 0,
    streams: "text/event-stream" in operation.responses[200].content,
    ...(type === "application/json" && { json: body }),
    ...(type === "multipart/form-data" && { form: file }),
    ...(type === "application/octet-stream" && { bytes: file }),
  };
}

/** What keeps the request from being sent: the names of the parameters and fields that are missing. */
export function missingIn(operation, schema, { values, body, file }) {
  const parameters = operation.parameters.filter((one) => one.required && (values[one.name] ?? "") === "").map(({ name }) => name);
  const [type] = Object.keys(operation.requestBody?.content ?? {});
  if (type && type !== "application/json") return file ? parameters : [...parameters, "file"];
  return [...parameters, ...(schema?.required ?? []).filter((name) => body[name] === undefined)];
}

/** Send it. `onEvent({name, data})` gets the events of a stream. Resolves to `{status, ms, headers, text}`. */
export async function send(request, key, { signal, onHead, onEvent }) {
  const began = performance.now();
  const answer = await fetch(request.path, {
    method: request.method,
    headers: {
      ...request.headers,
      ...(request.needsKey && key ? { Authorization: `Bearer ${key}` } : {}),
      ...(request.json !== undefined ? { "Content-Type": "application/json" } : {}),
    },
    body: bodyOf(request),
    signal,
  });
  const headers = SHOWN_HEADERS.filter((name) => answer.headers.has(name)).map((name) => [name, answer.headers.get(name)]);
  const head = { status: answer.status, headers, ms: Math.round(performance.now() - began), text: "" };
  onHead(head);
  if (answer.headers.get("content-type")?.startsWith("text/event-stream")) {
    for await (const event of readEvents(answer)) onEvent(event);
    return head;
  }
  const content = await answer.text();
  return { ...head, ms: Math.round(performance.now() - began), text: content };
}

function bodyOf({ json, form, bytes }) {
  if (json !== undefined) return JSON.stringify(json);
  if (form === undefined) return bytes;
  const data = new FormData();
  data.append("file", form, form.name);
  return data;
}
