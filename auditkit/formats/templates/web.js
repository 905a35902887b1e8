(function () {
  "use strict";
  var form = document.getElementById("filter");
  var cards = Array.prototype.slice.call(document.querySelectorAll(".card"));
  var shown = document.getElementById("shown");
  form.hidden = false;
  function update() {
    var n = 0;
    var words = form.elements.text.value.toLowerCase();
    cards.forEach(function (card) {
      var ok = ["severity", "outcome", "component"].every(function (name) {
        var wanted = form.elements[name].value;
        return !wanted || (" " + card.getAttribute("data-" + name) + " ").indexOf(" " + wanted + " ") >= 0;
      }) && card.textContent.toLowerCase().indexOf(words) >= 0;
      card.hidden = !ok;
      n += ok ? 1 : 0;
    });
    document.querySelectorAll(".severity").forEach(function (group) {
      group.hidden = !group.querySelector(".card:not([hidden])");
    });
    shown.textContent = n + " of " + cards.length + " shown";
  }
  form.addEventListener("input", update);
  form.addEventListener("reset", function () { setTimeout(update, 0); });
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  update();
})();
