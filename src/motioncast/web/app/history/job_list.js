/** The account's predictions, newest first: loaded in pieces, kept up to date while something runs. */
import { useCallback, useEffect, useRef, useState } from "/web/vendor/preact.js";
import { hasEnded, post } from "../api.js";
import { moneyMoved } from "../shell.js";

const PIECE = 48;
const POLL_MS = 2500;
const NOTHING = { items: [], remaining: 0, known: false, failure: null };

/** `{items, remaining, known, loading, failure, more, remove}`; `known` is false until the first answer. */
export function useJobs() {
  const [jobs, setJobs] = useState(NOTHING);
  const [loading, setLoading] = useState(false);
  const busy = useRef(false);
  const more = useCallback(async (after) => {
    if (busy.current) return;
    busy.current = true;
    setLoading(true);
    try {
      const piece = await olderThan(after);
      setJobs((now) => ({ ...piece, items: merged(now.items, piece.items), known: true, failure: null }));
    } catch (failure) {
      setJobs((now) => ({ ...now, failure }));
    }
    busy.current = false;
    setLoading(false);
  }, []);
  const remove = useCallback(async (ids) => {
    await post("/api/v3/predictions/delete", { ids });
    moneyMoved.dispatchEvent(new Event("moved"));
    setJobs((now) => ({ ...now, items: now.items.filter(({ id }) => !ids.includes(id)) }));
  }, []);
  useEffect(() => void more(), []);
  useUpdates(jobs, setJobs);
  return { ...jobs, loading, more: () => more(jobs.items.at(-1)), remove };
}

/** While the tab is looked at: ask again every 2.5 s as long as something runs, and once when the person comes back. */
function useUpdates({ items, known, failure }, setJobs) {
  const running = items.filter((job) => !hasEnded(job));
  const oldest = (running.at(-1) ?? items[0])?.created_at ?? "";
  useEffect(() => {
    if (!known) return undefined;
    let timer;
    const given = new AbortController();
    const update = async () => {
      clearTimeout(timer);
      if (document.hidden) return;
      try {
        const fresh = await since(oldest, given.signal);
        const ended = fresh.filter(hasEnded).map(({ id }) => id);
        if (running.some(({ id }) => ended.includes(id))) moneyMoved.dispatchEvent(new Event("moved"));
        setJobs((now) => ({ ...now, items: merged(withoutVanished(now.items, fresh, oldest), fresh), failure: null }));
      } catch (problem) {
        if (problem.name !== "AbortError") setJobs((now) => ({ ...now, failure: problem }));
      }
    };
    if (running.length) timer = setTimeout(update, POLL_MS);
    document.addEventListener("visibilitychange", update);
    return () => {
      clearTimeout(timer);
      given.abort();
      document.removeEventListener("visibilitychange", update);
    };
  }, [items, failure, known]);
}

/** A piece of what is older than `last`. By time instead of by page: pages shift when jobs come and go. */
async function olderThan(last) {
  const { total, items } = await ask({ page_size: PIECE, created_before: last?.created_at });
  return { items, remaining: total - items.length };
}

async function since(created_after, signal) {
  const found = [];
  for (let page = 1; ; page++) {
    const { total, items } = await ask({ page, page_size: 100, created_after }, signal);
    found.push(...items);
    if (!items.length || page * 100 >= total) return found;
  }
}

function ask(query, signal) {
  return post("/api/v3/predictions", { ...query, include_inputs: true }, { signal });
}

/** What is no longer in an answer for the time since `oldest` was deleted elsewhere. */
function withoutVanished(items, fresh, oldest) {
  const ids = new Set(fresh.map(({ id }) => id));
  return items.filter(({ id, created_at }) => created_at < oldest || ids.has(id));
}

function merged(old, fresh) {
  const byId = new Map([...old, ...fresh].map((job) => [job.id, job]));
  return [...byId.values()].sort((one, other) => (one.created_at < other.created_at ? 1 : -1));
}
