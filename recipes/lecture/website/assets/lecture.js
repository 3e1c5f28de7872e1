"use strict";
/* Everything works without this file; it adds the keys and the theme. */
const THEMES = ["auto", "light", "dark"];
const root = document.documentElement;
root.classList.add("has-js");

function stored(value) {
  try {
    if (value) localStorage.setItem("vizkit-theme", value);
    return localStorage.getItem("vizkit-theme");
  } catch {
    return null;
  }
}

let theme = THEMES.includes(stored()) ? stored() : "auto";
apply();

function apply() {
  if (theme === "auto") delete root.dataset.theme;
  else root.dataset.theme = theme;
  const word = document.querySelector("#theme span");
  if (word) word.textContent = theme;
}

function nextTheme() {
  theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
  stored(theme);
  apply();
}

document.addEventListener("DOMContentLoaded", () => {
  apply();
  document.getElementById("theme").addEventListener("click", nextTheme);
  performance.mark("vizkit-ready");
});

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("pre")) return;
  if (event.key === "d") nextTheme();
  const way = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
  const link = way && document.querySelector(`a[rel="${way}"]`);
  if (link) location.href = link.href;
});
