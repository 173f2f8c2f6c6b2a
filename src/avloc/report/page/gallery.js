"use strict";
// Which scene is shown, and how.
const Gallery = (() => {
  const { byId, html, option, percent } = Elements;
  let data = null;
  let view = null; // the scene that is shown
  let set = null;
  let chosen = null; // its entry in the data
  let asked = 0;

  function look() {
    return {
      threshold: Number(byId("threshold").value),
      own: byId("own").checked,
      opacity: Number(byId("opacity").value),
      apart: byId("layout").value === "apart",
      found: byId("extent").value === "found",
      outlines: byId("outlines").checked,
    };
  }

  let waiting = false;
  /** Draw the maps again, at most once for each picture of the screen. */
  function redraw() {
    if (waiting || !view) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      const now = look();
      byId("threshold-value").textContent = now.own ? "own" : now.threshold.toFixed(2);
      say(SceneView.redraw(view, now), now);
    });
  }

  let saying = 0;
  /** Tell listeners what the numbers are, once the slider rests. */
  function say(found, now) {
    clearTimeout(saying);
    saying = setTimeout(() => {
      const parts = view.rows.map((row) => `${row.about.label} ${percent(found[row.name])}`);
      const at = now.own ? "each row’s own threshold" : `threshold ${now.threshold.toFixed(2)}`;
      byId("said").textContent = `IoU in percent at ${at}: ${parts.join(", ")}`;
    }, 600);
  }

  function show(scene) {
    chosen = scene;
    Sound.stop();
    for (const button of byId("strip").children) {
      const current = Number(button.dataset.number) === scene.number;
      button.setAttribute("aria-current", String(current));
      button.tabIndex = current ? 0 : -1;
      if (current) center(button);
    }
    const image = new Image();
    const own = ++asked;
    image.onload = () => {
      if (own !== asked) return; // another scene was chosen meanwhile
      view = SceneView.read(data, set, scene, image);
      SceneView.drawTruth(view);
      SceneView.offerSounds(view);
      WalkView.show(view);
      byId("cards").replaceChildren(...SceneView.makeCards(view));
      byId("cards").style.setProperty("--wide", set.width / set.height);
      redraw();
    };
    image.src = scene.picture;
  }

  /** Scroll the strip, and not the page, to a button. */
  function center(button) {
    const strip = byId("strip");
    strip.scrollLeft = button.offsetLeft - (strip.clientWidth - button.offsetWidth) / 2;
  }

  function ranked() {
    const row = byId("ranked-by").value;
    const sign = Number(byId("direction").value);
    const score = (scene) => scene.rows[row].score;
    return [...set.scenes].sort((a, b) => sign * (score(a) - score(b)) || a.number - b.number);
  }

  function fillStrip() {
    const row = byId("ranked-by").value;
    const name = set.kind === "solo" ? "AP" : "CAP";
    const scenes = ranked();
    byId("strip").replaceChildren(
      ...scenes.map((scene) => {
        const score = percent(scene.rows[row].score);
        const classes = scene.classes.filter(Boolean).join(" and ");
        const label = `Scene ${scene.number}, ${name} ${score} percent. ${classes}`;
        const button = html(
          "button",
          { type: "button", "data-number": scene.number, "aria-label": label },
          html("img", { src: scene.picture, alt: "", width: set.width, height: set.height }),
          html("span", {}, `${name} ${score}`)
        );
        button.addEventListener("click", () => show(scene));
        return button;
      })
    );
    const about = data.gallery.rows[set.rankedBy].label;
    byId("strip-note").textContent =
      `${scenes.length} of ${set.count} scenes, evenly spaced in the ranking by the ${name} of ` +
      `${about}, from its lowest to its highest.`;
    return scenes;
  }

  function chooseSet() {
    set = data.gallery.sets[byId("test-set").value];
    const rows = Object.keys(set.scenes[0].rows);
    byId("ranked-by").replaceChildren(
      ...rows.map((row) => option(row, data.gallery.rows[row].label))
    );
    byId("ranked-by").value = set.rankedBy;
    const scenes = fillStrip();
    // Neither the best nor the worst at first.
    show(scenes[Math.floor((scenes.length * 2) / 3)]);
  }

  function moveInStrip(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const buttons = [...byId("strip").children];
    const next = buttons[buttons.indexOf(document.activeElement) + step];
    if (!next) return;
    event.preventDefault();
    next.click();
    next.focus({ preventScroll: true });
  }

  function start(all) {
    data = all;
    const names = Object.keys(data.gallery.sets);
    byId("scenes").hidden = names.length === 0;
    if (!names.length) return;
    byId("test-set").replaceChildren(...names.map((name) => option(name, name)));
    byId("test-set").value = names.includes("pair") ? "pair" : names[0];
    byId("test-set").addEventListener("change", chooseSet);
    for (const id of ["ranked-by", "direction"]) {
      byId(id).addEventListener("change", () => {
        fillStrip();
        show(chosen);
      });
    }
    byId("strip").addEventListener("keydown", moveInStrip);
    byId("threshold").addEventListener("input", () => {
      byId("own").checked = false;
      redraw();
    });
    for (const id of ["opacity", "layout", "extent", "outlines", "own"]) {
      byId(id).addEventListener("input", redraw);
    }
    chooseSet();
  }

  return { start };
})();
