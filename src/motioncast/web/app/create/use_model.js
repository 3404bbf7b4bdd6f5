/** What the server offers: its engines and its prices. */
import { useEffect, useState } from "/web/vendor/preact.js";
import { get } from "../api.js";

/**
 * {engines, standard, prices}: the names of the engines, and the one that is used where none is asked for; `prices` is
 * {billing, least_s, most_s, per_second}, null until the server has answered.
 */
export function useModel() {
  const [offered, setOffered] = useState({ engines: [], standard: null, prices: null });
  useEffect(() => {
    const aborter = new AbortController();
    get("/api/v3/models", { signal: aborter.signal }).then(([model]) => {
      const { engine } = model.api_schema.api_schemas[0].request_schema.properties;
      setOffered({ engines: engine?.enum ?? [], standard: engine?.default ?? null, prices: model.prices ?? null });
    }, () => {}); // without an answer the server's own engine is used
    return () => aborter.abort();
  }, []);
  return offered;
}
