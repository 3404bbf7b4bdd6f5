/** Which engines the server offers. */
import { useEffect, useState } from "/web/vendor/preact.js";
import { get } from "../api.js";

/** {engines, standard}: their names, and the one that is used where none is asked for. */
export function useEngines() {
  const [offered, setOffered] = useState({ engines: [], standard: null });
  useEffect(() => {
    const aborter = new AbortController();
    get("/api/v3/models", { signal: aborter.signal }).then(([model]) => {
      const { engine } = model.api_schema.api_schemas[0].request_schema.properties;
      if (engine) setOffered({ engines: engine.enum, standard: engine.default });
    }, () => {}); // without an answer the server's own engine is used
    return () => aborter.abort();
  }, []);
  return offered;
}
