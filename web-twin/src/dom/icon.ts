import { ICONS, type Icon, type IconName } from "../scene/look.ts";

const SVG = "http://www.w3.org/2000/svg";

function path(d: string, className: string): SVGPathElement {
  const made = document.createElementNS(SVG, "path");
  made.setAttribute("d", d);
  made.setAttribute("class", className);
  return made;
}

/** A state's icon; what it means stands beside it in words, so it is hidden from screen readers. */
export function iconElement(name: IconName, colour: string): SVGSVGElement {
  const svg = drawnIcon(ICONS[name]);
  svg.style.color = colour;
  return svg;
}

/** An icon in the colour of the text around it. */
export function drawnIcon(icon: Icon): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", icon.solid === undefined ? "icon icon-line" : "icon icon-solid");
  if (icon.solid !== undefined) svg.append(path(icon.solid, "icon-fill"));
  svg.append(path(icon.lines, "icon-mark"));
  return svg;
}
