/* <… data-picks> around check boxes or radio buttons that a search re-reads. What is chosen while the answer is on its
   way stays chosen, also when the answer does not hold it, and the keyboard stays where it was. */
const name = (input) => `${input.name}=${input.value}`;
const ticked = (list) => [...list.querySelectorAll("input:checked:enabled")];
let kept = [];
let focused = null;

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (!detail.shouldSwap || !detail.target.matches("[data-picks]")) return;
  kept = ticked(detail.target).map((input) => ({ input, line: input.closest("label") }));
  const active = document.activeElement;
  focused = detail.target.contains(active) && active.matches("input") ? name(active) : null;
});

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  const list = detail.target;
  if (!list.matches("[data-picks]")) return;
  const now = new Map([...list.querySelectorAll("input")].map((input) => [name(input), input]));
  for (const { input, line } of kept.reverse()) {
    const same = now.get(name(input));
    if (same) same.checked = true;
    else list.prepend(line);
  }
  kept = [];
  if (focused) now.get(focused)?.focus({ preventScroll: true });
});
