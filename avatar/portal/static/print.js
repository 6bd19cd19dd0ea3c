// The print button, which only works with JavaScript and so only then shows.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.onclick = () => window.print();
}
