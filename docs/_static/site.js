// What scrolls sideways can be reached by Tab, in browsers too that do not see to it themselves.
const reachable = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});
addEventListener("DOMContentLoaded", () => {
  const wide = document.querySelectorAll("article :is(pre, .formula, .table-wrapper)");
  wide.forEach((one) => reachable.observe(one));
});
