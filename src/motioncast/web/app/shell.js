/** The frame of every page: skip link, navigation, balance, language, theme. */
import { html, useEffect, useLayoutEffect, useRef, useState } from "/web/vendor/preact.js";
import { get } from "./api.js";
import { dollars, useText } from "./i18n.js";
import { News } from "./news.js";
import { setLanguage, setTheme, signOut, useSession } from "./session.js";
import { Icon, IconButton } from "./ui.js";

const text = {
  en: {
    skip: "Skip to the content",
    nav: "Pages",
    create: "Create",
    history: "History",
    account: "Account",
    docs: "API",
    guide: "Guide",
    balance: "Balance",
    out: "Sign out",
    language: "中文",
    light: "Light colours",
    dark: "Dark colours",
    system: "Colours of the system",
  },
  zh: {
    skip: "跳到正文",
    nav: "页面",
    create: "创作",
    history: "历史",
    account: "账户",
    docs: "API",
    guide: "指南",
    balance: "余额",
    out: "退出",
    language: "English",
    light: "浅色",
    dark: "深色",
    system: "跟随系统",
  },
};

const PAGES = [["", "create", "spark"], ["history", "history", "history"], ["account", "account", "account"]];
const THEMES = { system: "dark", dark: "light", light: "system" };
const THEME_ICONS = { system: "system", dark: "moon", light: "sun" };

/** Tells the frame that money has moved. */
export const moneyMoved = new EventTarget();

/** `home` is the path of the playground, where another page uses the frame. */
export function Shell({ page, home = "", title = "Motioncast", children }) {
  const t = useText(text);
  const { key } = useSession();
  const main = useRef();
  useLayoutEffect(() => {
    document.title = title; // before the effects of the page, which may know a better one
  }, [title]);
  const skip = (event) => {
    event.preventDefault(); // the address belongs to the router
    main.current.focus();
  };
  return html`
    <a class="skip" href="#main" onClick=${skip}>${t("skip")}</a>
    <header class="top">
      <a class="brand" href=${home + "#/"}><img src="/web/icon.svg" alt="" width="28" height="28" /><span>Motioncast</span></a>
      <nav aria-label=${t("nav")}>
        ${key && PAGES.map(
          ([path, name, icon]) => html`<a href=${home + "#/" + path} aria-current=${isCurrent(page, path) ? "page" : undefined}>
            <${Icon} name=${icon} /><span>${t(name)}</span>
          </a>`,
        )}
        <a href="/docs" aria-current=${page === "docs" ? "page" : undefined}><${Icon} name="code" /><span>${t("docs")}</span></a>
        <a href="/guide/"><${Icon} name="book" /><span>${t("guide")}</span></a>
      </nav>
      <div class="top-end">${key && html`<${Balance} key=${key} home=${home} />`}<${Preferences} /></div>
    </header>
    <main id="main" tabindex="-1" ref=${main}><${News} />${children}</main>
  `;
}

function isCurrent(page, path) {
  return page === path || (page === "job" && path === "history");
}

function Balance({ home }) {
  const t = useText(text);
  const [amount, setAmount] = useState(null);
  useEffect(() => {
    const ask = () => get("/api/v3/balance").then(({ balance }) => setAmount(balance), () => {});
    ask();
    moneyMoved.addEventListener("moved", ask);
    return () => moneyMoved.removeEventListener("moved", ask);
  }, []);
  if (amount === null) return null;
  return html`<a class="balance" href=${home + "#/account"}><span class="sr-only">${t("balance")} </span>${dollars(amount)}</a>`;
}

/** Language, theme, sign out; the API reference has them too. */
function Preferences() {
  const t = useText(text);
  const { key, language, theme } = useSession();
  return html`
    <button type="button" class="quiet-button" lang=${language === "en" ? "zh" : "en"} onClick=${() => setLanguage(language === "en" ? "zh" : "en")}>${t("language")}</button>
    <${IconButton} icon=${THEME_ICONS[theme]} label=${t(theme)} onClick=${() => setTheme(THEMES[theme])} />
    ${key && html`<${IconButton} icon="out" label=${t("out")} onClick=${signOut} />`}
  `;
}
