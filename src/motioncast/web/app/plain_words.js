/** What the server says about requests, said to somebody who has picked a file. */

const PLAIN = [
  [/^field "\w+" cannot be used\. /, ""],
  [/^field "(\w+)" is an address of this server, but of no file that is here: .*$/, "The $1 is no longer on this server: add it again."],
  [/ [0-9a-f]{32}(\.\w+)?\b/g, ""], // the server's own name for a file
];

/** A sentence of the server without the names of fields and stored files. */
export function inPlainWords(sentence) {
  return PLAIN.reduce((words, [pattern, plain]) => words.replace(pattern, plain), sentence);
}
