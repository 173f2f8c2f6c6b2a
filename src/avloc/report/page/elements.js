"use strict";
// Elements of the page, made and found.
const Elements = (() => {
  const SVG = "http://www.w3.org/2000/svg";

  function byId(id) {
    return document.getElementById(id);
  }

  function filled(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== null) node.setAttribute(name, value);
    }
    node.append(...children);
    return node;
  }

  /** Return an HTML element with attributes and children, which may be texts. */
  function html(name, attributes = {}, ...children) {
    return filled(document.createElement(name), attributes, children);
  }

  /** Return an SVG element. */
  function svg(name, attributes = {}, ...children) {
    return filled(document.createElementNS(SVG, name), attributes, children);
  }

  /** Return a choice for a select element. */
  function option(value, text) {
    return html("option", { value }, text);
  }

  function percent(share) {
    return (100 * share).toFixed(0);
  }

  return { byId, html, svg, option, percent };
})();
