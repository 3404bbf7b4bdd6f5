/** The server's sentences are English; the Chinese pages show them in Chinese. */
import { inChinese } from "./chinese_sentences.js";
import { inPlainWords } from "./plain_words.js";
import { session } from "./session.js";

/** A sentence of the server in the reader's language; one that is not known in Chinese stays as it is. */
export function inLanguage(sentence) {
  const plain = inPlainWords(sentence);
  return session().language === "zh" ? inChinese(plain) : plain;
}
