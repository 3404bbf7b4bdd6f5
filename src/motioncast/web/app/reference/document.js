/** Reading the OpenAPI document: references, types, limits, examples. */

/** `{document, operations, groups}`; an operation is the document's, with `method`, `path` and its `parameters`. */
export function readDocument(document) {
  const operations = new Map();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      operations.set(operation.operationId, { parameters: [], ...operation, method, path });
    }
  }
  const groups = document.tags.map((tag) => ({
    ...tag,
    operations: [...operations.values()].filter((operation) => operation.tags[0] === tag.name),
  }));
  return { document, operations, groups: groups.filter((group) => group.operations.length) };
}

/** What a node is, its `$ref` followed. */
export function resolve(document, node) {
  if (!node?.$ref) return node;
  const { $ref, ...beside } = node;
  const found = $ref.slice(2).split("/").reduce((at, name) => at[name], document);
  return { ...resolve(document, found), ...beside };
}

/** A schema without references and without "or null", which becomes `nullable`. `variants` are what is left of several. */
export function plain(document, node) {
  const schema = resolve(document, node) ?? {};
  if (!schema.anyOf) return schema;
  const { anyOf, ...rest } = schema;
  const variants = anyOf.filter((part) => part.type !== "null").map((part) => plain(document, part));
  const nullable = variants.length < anyOf.length;
  return variants.length === 1 ? { ...variants[0], ...rest, nullable } : { ...rest, variants, nullable };
}

/** "string", "array of Prediction", "Prediction or DryRun"; "or null" is left out of what need not be there anyway. */
export function typeName(document, node, { optional = false } = {}) {
  const schema = plain(document, node);
  const name = () => {
    if (schema.variants) return schema.variants.map((part) => typeName(document, part)).join(" or ");
    if (schema.type === "array") return schema.prefixItems ? "array" : `array of ${typeName(document, schema.items)}`;
    if (schema.properties) return schema.title;
    return schema.format === "binary" ? "file" : (schema.type ?? "any");
  };
  return name() + (schema.nullable && !optional ? " or null" : "");
}

/** What a value must keep to, as short texts: ["one of a, b", "from 0", "default 1"]. */
export function limitsOf(document, node) {
  const schema = plain(document, node);
  const limits = [];
  if (schema.enum) limits.push(schema.enum.map((value) => JSON.stringify(value)).join(" | "));
  if (schema.const !== undefined) limits.push(JSON.stringify(schema.const));
  if (schema.minimum !== undefined) limits.push(`≥ ${schema.minimum}`);
  if (schema.maximum !== undefined) limits.push(`≤ ${schema.maximum}`);
  if (schema.maxLength !== undefined) limits.push(`≤ ${schema.maxLength} characters`);
  if (schema.maxItems !== undefined) limits.push(`≤ ${schema.maxItems} items`);
  if (schema.pattern) limits.push(schema.pattern);
  if (schema.default !== undefined && schema.default !== null) limits.push(`default ${JSON.stringify(schema.default)}`);
  return limits;
}

/** The object whose properties are worth a table of their own: the schema itself, or the items of an array; else null. */
export function objectIn(document, node) {
  const schema = plain(document, node);
  if (schema.type === "array" && schema.items) return objectIn(document, schema.items);
  return schema.properties ? schema : null;
}

/** `{type, schema, examples}` of the one content of a request or an answer, or null. */
export function contentOf(document, node) {
  const [found] = Object.entries(node?.content ?? {});
  if (!found) return null;
  const [type, { schema, examples = {} }] = found;
  return { type, schema: resolve(document, schema), examples: Object.entries(examples) };
}

/** Answers of an operation that are no success, each case on its own: `{status, when, cure, message}`. */
export function failuresOf(document, operation) {
  return Object.entries(operation.responses)
    .filter(([status]) => status !== "200")
    .flatMap(([status, node]) =>
      contentOf(document, resolve(document, node)).examples.map(([, { summary, description, value }]) => ({
        status: Number(status),
        when: summary,
        cure: description,
        message: value.message,
        error_code: value.error_code ?? "",
      })),
    );
}

/** An example of a field's value, for its empty box. */
export function exampleOf(document, node) {
  const { examples, variants = [] } = plain(document, node);
  const [first] = examples ?? variants.flatMap((part) => part.examples ?? []);
  return first === undefined ? "" : typeof first === "string" ? first : JSON.stringify(first);
}
