/** The playground: which page is shown, inside the frame that all pages share. */
import { html, render } from "/web/vendor/preact.js";
import { AccountPage } from "./account/account_page.js";
import { CreatePage } from "./create/create_page.js";
import { HistoryPage } from "./history/history_page.js";
import { JobPage } from "./job/job_page.js";
import { useRoute } from "./router.js";
import { takeKeyFromAddress, useSession } from "./session.js";
import { Shell } from "./shell.js";
import { SignInPage } from "./sign_in/sign_in_page.js";
import { WatchPage } from "./watch/watch_page.js";

function App() {
  const [page, ...rest] = useRoute();
  const { key } = useSession();
  return html`<${Shell} page=${page}>${pageOf(page, rest, key)}<//>`;
}

function pageOf(page, rest, key) {
  if (page === "watch") return html`<${WatchPage} path=${rest} />`; // a shared video needs no key
  if (!key) return html`<${SignInPage} />`;
  if (page === "job") return html`<${JobPage} key=${rest[0]} id=${rest[0]} />`;
  if (page === "history") return html`<${HistoryPage} />`;
  if (page === "account") return html`<${AccountPage} />`;
  return html`<${CreatePage} />`;
}

takeKeyFromAddress();
addEventListener("hashchange", takeKeyFromAddress);
render(html`<${App} />`, document.getElementById("app"));
