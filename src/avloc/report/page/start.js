"use strict";
// Starts all parts of the page.
(() => {
  const { byId } = Elements;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const theme = byId("theme");
  let isDark = dark.matches;

  function showTheme() {
    document.documentElement.dataset.theme = isDark ? "dark" : "light";
    theme.textContent = isDark ? "Light" : "Dark";
    theme.setAttribute("aria-label", isDark ? "Show in light colours" : "Show in dark colours");
  }

  dark.addEventListener("change", () => {
    isDark = dark.matches;
    showTheme();
  });
  theme.addEventListener("click", () => {
    isDark = !isDark;
    showTheme();
  });
  theme.hidden = false;
  showTheme();

  const data = JSON.parse(byId("data").textContent);
  Tables.start();
  Gallery.start(data);
  Curves.start(data.curves);
})();
