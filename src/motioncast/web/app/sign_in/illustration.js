/** What Motioncast does, as a moving picture: a character, a performer, and the character performing. */
import { html } from "/web/vendor/preact.js";
import { useText } from "../i18n.js";
import { text } from "./text.js";

/**
 * Limbs of a standing figure: root, middle and end joint. In the dance a limb turns about its root, and its lower half
 * about the middle, between two angles in degrees.
 */
const LIMBS = [
  { name: "leg-left", joints: [[53, 100], [51, 123], [49, 146]], upper: [16, 2], lower: [-18, -3], bone: "#5bb8ff" },
  { name: "leg-right", joints: [[67, 100], [69, 123], [71, 146]], upper: [-2, -16], lower: [3, 18], bone: "#5fd6a0" },
  { name: "arm-left", joints: [[45, 63], [36, 81], [30, 100]], upper: [8, 118], lower: [-18, 46], bone: "#ff8fa8" },
  { name: "arm-right", joints: [[75, 63], [84, 81], [90, 100]], upper: [-118, -8], lower: [-46, 18], bone: "#ffc44d" },
];
const TRUNK = turn([60, 100], [-5, 5]);
const HEAD = turn([60, 52], [-6, 6]);
const SKIN = "#f4c6a3";
const LOOKS = {
  arm: { cloth: "#f48848", width: 10 },
  leg: { cloth: "#3e5a8e", width: 12 },
};

/** The three pictures; the second and the third move alike. */
export function Illustration() {
  const t = useText(text);
  return html`<div class="scene">
    <p class="sr-only">${t("scene")}</p>
    <${Panel} caption=${t("picture")} kind="picture"><${Character} /><//>
    <span class="scene-sign" aria-hidden="true">+</span>
    <${Panel} caption=${t("performance")} kind="performance"><${Performer} /><//>
    <span class="scene-sign" aria-hidden="true">=</span>
    <${Panel} caption=${t("result")} kind="result"><${Character} /><//>
  </div>`;
}

function Panel({ caption, kind, children }) {
  return html`<div class="scene-panel ${kind}" aria-hidden="true">
    <svg viewBox="4 4 112 152" focusable="false">${children}</svg>
    <span>${caption}</span>
  </div>`;
}

function Character() {
  return html`
    <ellipse cx="60" cy="150" rx="27" ry="3.5" fill="#7fa7a3" opacity="0.55" />
    <g class="sway">
      ${LIMBS.slice(0, 2).map((limb) => html`<${ClothedLimb} ...${limb} />`)}
      <g ...${TRUNK}>
        <path d="M55 52h10v10h-10z" fill="#dea37d" />
        <path d="M43 61q7-5 17-5t17 5l-3 21 1 21q-15 4-30 0l1-21z" fill="#f58a4a" />
        <path d="M54 57q6 5 12 0l3 47q-9 1.500-18 0z" fill="#efeade" />
        <circle cx="49" cy="71" r="2.4" fill="#2f8f86" />
        ${LIMBS.slice(2).map((limb) => html`<${ClothedLimb} ...${limb} />`)}
        <${Head} />
      </g>
    </g>
  `;
}

function ClothedLimb({ name, joints: [root, middle, end], upper, lower }) {
  const [part, side] = name.split("-");
  const { cloth, width } = LOOKS[part];
  return html`<g ...${turn(root, upper)}>
    <${Bone} from=${root} to=${middle} colour=${cloth} width=${width} />
    <g ...${turn(middle, lower)}>
      ${part === "arm" && html`<circle cx=${end[0] + (side === "left" ? -1 : 1)} cy=${end[1] + 3} r="5" fill=${SKIN} />`}
      ${part === "leg" && html`<ellipse cx=${end[0] + (side === "left" ? -2 : 2)} cy=${end[1] + 1} rx="8" ry="4" fill="#fbfaf6" />`}
      <${Bone} from=${middle} to=${part === "leg" ? [end[0], end[1] - 5] : end} colour=${cloth} width=${width - 1} />
    </g>
  </g>`;
}

function Head() {
  return html`<g ...${HEAD}>
    <circle cx="43.5" cy="37" r="3.5" fill="#e8b28c" /><circle cx="76.5" cy="37" r="3.5" fill="#e8b28c" />
    <path d="M44 33c0-12 7-19 16-19s16 7 16 19c0 13-7 22-16 22s-16-9-16-22z" fill=${SKIN} />
    <path d="M43 35c-2-16 5-24 16-25 12-1 20 8 18 25l-3-10c-6 3-18 4-25 0z" fill="#50301f" />
    <circle cx="53.5" cy="37" r="2" fill="#2c4d3e" /><circle cx="66.5" cy="37" r="2" fill="#2c4d3e" />
    <path d="M49.500 32.500q4-2 7 0M63.500 32.500q4-2 7 0" fill="none" stroke="#50301f" stroke-width="1.4" stroke-linecap="round" />
    <path d="M54 45q6 5 12 0" fill="none" stroke="#b5553f" stroke-width="1.8" stroke-linecap="round" />
  </g>`;
}

/** A person without a face of his own, and what is followed of him. */
function Performer() {
  return html`<g class="sway">
    ${LIMBS.slice(0, 2).map((limb) => html`<${FollowedLimb} ...${limb} />`)}
    <g ...${TRUNK}>
      <path d="M44 61q16-7 32 0l-3 22 1 21h-28l1-21z" fill="#4a4560" />
      <circle ...${HEAD} cx="60" cy="34" r="17" fill="#4a4560" />
      ${LIMBS.slice(2).map((limb) => html`<${FollowedLimb} ...${limb} />`)}
      <path d="M45 63h30M60 63l-7 37M60 63l7 37M60 63v-22" fill="none" stroke="#b9a8ff" stroke-width="2.5" stroke-linecap="round" />
      <g ...${HEAD} fill="#fff"><circle cx="60" cy="38" r="2" /><circle cx="53" cy="33" r="1.8" /><circle cx="67" cy="33" r="1.8" /></g>
    </g>
  </g>`;
}

function FollowedLimb({ name, joints: [root, middle, end], upper, lower, bone }) {
  const { width } = LOOKS[name.split("-")[0]];
  const line = (colour, upperWidth, lowerWidth) => html`<g ...${turn(root, upper)}>
    <${Bone} from=${root} to=${middle} colour=${colour} width=${upperWidth} />
    <g ...${turn(middle, lower)}><${Bone} from=${middle} to=${end} colour=${colour} width=${lowerWidth} /></g>
  </g>`;
  return html`
    ${line("#4a4560", width, width - 1)}${line(bone, 2.5, 2.5)}
    <g fill="#fff" ...${turn(root, upper)}>
      ${[root, middle].map(([x, y]) => html`<circle cx=${x} cy=${y} r="2.4" />`)}
      <circle ...${turn(middle, lower)} cx=${end[0]} cy=${end[1]} r="2.4" />
    </g>
  `;
}

/** What makes an element turn about a joint; style/sign_in.css says when. */
function turn([x, y], [from, to]) {
  return { class: "turn", style: { transformOrigin: `${x}px ${y}px`, "--from": `${from}deg`, "--to": `${to}deg` } };
}

function Bone({ from, to, colour, width }) {
  return html`<path d=${`M${from}L${to}`} stroke=${colour} stroke-width=${width} stroke-linecap="round" />`;
}
