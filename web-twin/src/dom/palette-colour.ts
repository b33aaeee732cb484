/** A colour of the palette that the page is shown in, for what is drawn instead of styled.
 *  @param name of the custom property */
export const paletteColour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();
