/** The playground: which page is shown, inside the frame that all pages share. */
import { html, render } from "/web/vendor/preact.js";
import { AccountPage } from "./account/account_page.js";
import { text as accountText } from "./account/text.js";
import { CreatePage } from "./create/create_page.js";
import { text as createText } from "./create/text.js";
import { HistoryPage } from "./history/history_page.js";
import { text as historyText } from "./history/text.js";
import { useText } from "./i18n.js";
import { JobPage } from "./job/job_page.js";
import { text as jobText } from "./job/text.js";
import { useArrival, useRoute } from "./router.js";
import { takeKeyFromAddress, useSession } from "./session.js";
import { Shell } from "./shell.js";
import { SignInPage } from "./sign_in/sign_in_page.js";
import { SwitchDialog } from "./sign_in/switch_dialog.js";
import { text as signInText } from "./sign_in/text.js";
import { text as watchText } from "./watch/text.js";
import { WatchPage } from "./watch/watch_page.js";

function App() {
  const route = useRoute();
  const { key, offered } = useSession();
  const { view, text, name, id = "" } = pageOf(route, key);
  const t = useText(text);
  useArrival([key ? "in" : "out", ...route].join("/"));
  return html`
    <${Shell} page=${route[0]} title=${`${t(name)} ${id.slice(0, 8)}`.trim() + " · Motioncast"}>${view}<//>
    ${key && offered && html`<${SwitchDialog} key=${offered} current=${key} offered=${offered} />`}
  `;
}

/** What is shown, and the name of its title among its words. */
function pageOf([page, ...rest], key) {
  // a shared video needs no key
  if (page === "watch") return { view: html`<${WatchPage} path=${rest} />`, text: watchText, name: "title" };
  if (!key) return { view: html`<${SignInPage} />`, text: signInText, name: "sign_in" };
  if (page === "job") return { view: html`<${JobPage} key=${rest[0]} id=${rest[0]} />`, text: jobText, name: "title_job", id: rest[0] };
  if (page === "history") return { view: html`<${HistoryPage} />`, text: historyText, name: "title" };
  if (page === "account") return { view: html`<${AccountPage} />`, text: accountText, name: "title" };
  return { view: html`<${CreatePage} />`, text: createText, name: "title" };
}

takeKeyFromAddress();
addEventListener("hashchange", takeKeyFromAddress);
render(html`<${App} />`, document.getElementById("app"));
