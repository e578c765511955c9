// The pages of the route table: line numbers that follow the text, mistakes that lead to their place, sliders beside their numbers.
// Without script the numbers are those of the text as it came, links name line and column, and weights are typed.
document.addEventListener("DOMContentLoaded", () => {
  const text = document.getElementById("text");
  if (text) edit(text, document.querySelector(".numbers"));
  for (const mover of document.querySelectorAll(".mover")) slide(mover);
});

function edit(text, numbers) {
  const marked = () => new Set([...document.querySelectorAll("#verdict [data-line].error")].map((link) => Number(link.dataset.line)));
  const draw = () => {
    const lines = text.value.split("\n");
    const bad = marked();
    numbers.replaceChildren(...lines.flatMap((_, at) => {
      if (!bad.has(at + 1)) return [`${at + 1}\n`];
      const mark = document.createElement("mark");
      mark.textContent = at + 1;
      return [mark, "\n"];
    }));
    text.rows = lines.length;
    text.cols = Math.min(400, lines.reduce((most, line) => Math.max(most, line.length), 40) + 2);
  };
  text.addEventListener("input", draw);
  document.body.addEventListener("htmx:afterSettle", draw);
  document.body.addEventListener("click", (event) => {
    const link = event.target.closest("[data-line]");
    if (!link) return;
    event.preventDefault();
    go(text, Number(link.dataset.line), Number(link.dataset.column));
  });
  draw();
}

function go(text, line, column) {
  const lines = text.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0) + column - 1;
  text.focus({ preventScroll: true });
  text.setSelectionRange(start, start);
  const box = text.closest(".editor");
  const high = text.scrollHeight / lines.length;
  box.scrollTo({ top: Math.max(0, (line - 4) * high), left: 0 });
  box.scrollIntoView({ block: "nearest" });
}

function slide(mover) {
  const rows = [...mover.querySelectorAll(".slide")].map((row) => ({
    range: row.querySelector("[type=range]"), number: row.querySelector("[type=number]"), share: row.querySelector("output"),
  }));
  const total = () => rows.reduce((sum, row) => sum + Number(row.number.value), 0);
  // Two weights that add up to 100 are percentages: one goes where the other came from.
  const linked = rows.length === 2 && total() === 100;
  const show = () => {
    const sum = total();
    for (const row of rows) row.share.textContent = sum ? `${Number((100 * row.number.value / sum).toPrecision(4))} %` : "";
  };
  rows.forEach((row, at) => {
    row.range.hidden = false;
    row.range.addEventListener("input", () => { row.number.value = row.range.value; moved(at); });
    row.number.addEventListener("input", () => { row.range.value = row.number.value; moved(at); });
  });
  const moved = (at) => {
    const value = Number(rows[at].number.value);
    if (linked && value >= 0 && value <= 100) rows[1 - at].number.value = rows[1 - at].range.value = 100 - value;
    show();
  };
}
