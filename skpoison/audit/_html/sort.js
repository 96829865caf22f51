"use strict";
// A click on a head sorts its table by the column, a second one turns it round.
for (const head of document.querySelectorAll("th")) {
  const button = head.querySelector("button");
  if (!button) continue;
  button.addEventListener("click", () => {
    const table = head.closest("table");
    const column = head.cellIndex;
    const ascending = head.getAttribute("aria-sort") !== "ascending";
    for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
    const isNumber = head.classList.contains("number");
    const key = (row) => {
      const cell = row.cells[column];
      if (!isNumber) return cell.textContent;
      const text = cell.dataset.value ?? cell.textContent;
      // What is no number goes last.
      return text === "" ? Infinity : Number(text);
    };
    const compare = isNumber
      ? (a, b) => (a[0] === b[0] ? 0 : a[0] < b[0] ? -1 : 1)
      : (a, b) => a[0].localeCompare(b[0], undefined, { numeric: true });
    const body = table.tBodies[0];
    const keyed = Array.from(body.rows, (row) => [key(row), row]);
    keyed.sort((a, b) => (ascending ? compare(a, b) : compare(b, a)));
    body.append(...keyed.map((pair) => pair[1]));
  });
}
