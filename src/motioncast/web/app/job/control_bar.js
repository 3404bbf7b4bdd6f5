/** The player's controls. */
import { html, useEffect, useState } from "/web/vendor/preact.js";
import { useText } from "../i18n.js";
import { IconButton } from "../ui.js";
import { toggleFullScreen } from "./playback.js";
import { text } from "./player_text.js";

const RATES = [0.1, 0.25, 0.5, 1, 1.5, 2];

export function ControlBar({ playback, box }) {
  const t = useText(text);
  const { playing, time, duration, frames, frame, muted, rate, loop } = playback;
  const all = frames.times.length;
  const full = useFullScreen();
  const said = t("position_value", { time: clock(time), length: clock(duration), n: frame + 1, all });
  return html`<div class="player-controls">
    <input
      class="scrubber" type="range" min="0" max=${all - 1} step="1" value=${frame} aria-label=${t("position")} aria-valuetext=${said}
      style=${{ "--done": `${all > 1 ? (frame / (all - 1)) * 100 : 0}%` }} onInput=${(event) => playback.showFrame(event.target.valueAsNumber)}
    />
    <div class="player-buttons">
      <${IconButton} icon=${playing ? "pause" : "play"} label=${playing ? t("pause") : t("play")} onClick=${playback.toggle} />
      <${IconButton} icon="step-back" label=${t("back")} onClick=${() => playback.step(-1)} />
      <${IconButton} icon="step-on" label=${t("on")} onClick=${() => playback.step(1)} />
      <span class="player-time small-text">${clock(time)} / ${clock(duration)} <span class="soft">${t("frame", { n: frame + 1, all })}</span></span>
      <span class="player-space"></span>
      <select class="speed" aria-label=${t("speed")} title=${t("speed")} value=${String(rate)} onChange=${(event) => playback.setRate(Number(event.target.value))}>
        ${RATES.map((value) => html`<option key=${value} value=${String(value)}>${value}×</option>`)}
      </select>
      <${IconButton} icon="retry" label=${t("loop")} aria-pressed=${String(loop)} onClick=${playback.toggleLoop} />
      <${IconButton}
        icon=${muted || !frames.sound ? "mute" : "sound"} disabled=${!frames.sound} onClick=${playback.toggleMuted}
        label=${frames.sound ? t(muted ? "unmute" : "mute") : t("silent")}
      />
      <${IconButton} icon="full" label=${full ? t("unfull") : t("full")} onClick=${() => toggleFullScreen(box.current)} />
    </div>
  </div>`;
}

function useFullScreen() {
  const [full, setFull] = useState(false);
  useEffect(() => {
    const look = () => setFull(Boolean(document.fullscreenElement));
    document.addEventListener("fullscreenchange", look);
    return () => document.removeEventListener("fullscreenchange", look);
  }, []);
  return full;
}

/** 1:05.20 */
function clock(seconds) {
  const hundredths = Math.round(seconds * 100);
  const [minutes, rest] = [Math.floor(hundredths / 6000), hundredths % 6000];
  return `${minutes}:${(rest / 100).toFixed(2).padStart(5, "0")}`;
}
