"""Search in Chinese text without a dictionary: every pair of neighbouring characters is a word."""

import re

from sphinx.search.zh import SearchChinese

_HAN = re.compile(r"[\u4e00-\u9fff]+")


class ChineseSearch(SearchChinese):
    """Pairs of Chinese characters, and Latin words as in Sphinx's own class, which needs a dictionary for Chinese."""

    language_name = "English"  # names the stemmer in the browser; Sphinx's own "Chinese" names none that is there
    # the query is cut the same way in the browser; a single character is looked for inside the pairs
    js_splitter_code = """
function splitQuery(query) {
  const words = [];
  for (const run of query.match(/[\\u4e00-\\u9fff]+|[\\p{Letter}\\p{Number}_]+/gu) || []) {
    if (!/[\\u4e00-\\u9fff]/.test(run) || run.length < 3) words.push(run);
    else for (let i = 0; i + 2 <= run.length; i++) words.push(run.slice(i, i + 2));
  }
  return words;
}
"""

    def split(self, input: str) -> list[str]:
        """The words of a text."""
        pairs = [run[i : i + 2] for run in _HAN.findall(input) for i in range(len(run) - 1)]
        latin = self.latin1_letters.findall(input)
        self.latin_terms.update(latin)
        return pairs + latin
