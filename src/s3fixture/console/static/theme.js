// Before the first paint, so that nothing flashes: hence a classic script, not a module.
"use strict";
try {
  const chosen = localStorage.getItem("theme");
  if (chosen) document.documentElement.dataset.theme = chosen;
} catch {
  // No storage: as the system says.
}
