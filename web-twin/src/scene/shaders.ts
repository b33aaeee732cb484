import { LEAST_FRAMED_PX, NOT_PLAIN } from "./glyph.ts";

/** Metres by which plain glyphs are drawn nearer than they stand. */
export const PLAIN_PULL = 0.3;

/** Equipment and floors: their light is already in the grey of each corner. */
export const PLANT_VERTEX = `
precision highp float;
uniform mat4 projectionMatrix;
uniform mat4 viewMatrix;
in vec3 position;
in float grey;
out float vGrey;
void main() {
  vGrey = grey;
  gl_Position = projectionMatrix * viewMatrix * vec4(position, 1.0);
}`;

export const PLANT_FRAGMENT = `
precision mediump float;
uniform vec3 uShade;
uniform vec3 uLight;
in float vGrey;
out vec4 colour;
void main() {
  colour = vec4(mix(uShade, uLight, vGrey), 1.0);
}`;

/** One triangle over the whole picture. */
export const COPY_VERTEX = `
precision highp float;
void main() {
  gl_Position = vec4(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0, 0.0, 1.0);
}`;

export const COPY_FRAGMENT = `
precision mediump float;
uniform sampler2D uPicture;
out vec4 colour;
void main() {
  colour = texelFetch(uPicture, ivec2(gl_FragCoord.xy), 0);
}`;

export const MARK_VERTEX = `
precision highp float;
uniform mat4 projectionMatrix;
uniform mat4 viewMatrix;
in vec3 position;
in vec3 tone;
out vec3 vTone;
void main() {
  vTone = tone;
  gl_Position = projectionMatrix * viewMatrix * vec4(position, 1.0);
}`;

export const MARK_FRAGMENT = `
precision mediump float;
in vec3 vTone;
out vec4 colour;
void main() {
  colour = vec4(vTone, 1.0);
}`;

/** Plain squares: nearly all glyphs of a plant that is well. A processor that draws in the place of a graphics card runs
 *  every branch of a shader for every pixel, so these have one of their own without any. FRAMED: large enough for an
 *  outline, or coloured by value. The byte is taken apart as glyph.ts puts it together. */
export const PLAIN_VERTEX = `
precision highp float;
uniform mat4 uBoth;
uniform vec2 uDepth;
uniform float uFlat;
uniform float uScale;
uniform float uPixelRatio;
uniform float uStale;
uniform vec3 uSizes[6];
uniform vec3 uColours[7];
uniform vec3 uStaleColour;
in vec3 position;
in float glyph;
flat out vec3 vColour;
#ifdef FRAMED
uniform float uHeat;
uniform vec3 uRamp[7];
in float heat;
flat out vec2 vEdges;
#endif
void main() {
  int bits = int(glyph + 0.5);
  int tone = (bits >> 3) & 7;
  vec4 place = uBoth * vec4(position, 1.0);
  float w = max(place.w, 0.01);
  float size = clamp(uSizes[0].z * uScale / w, uSizes[0].x, uSizes[0].y);
  vec3 fill = uColours[tone];
#ifdef FRAMED
  float at = (heat - 1.0) / 254.0 * 6.0;
  int low = clamp(int(at), 0, 5);
  bool isHot = uHeat > 0.5 && heat > 0.5;
  fill = isHot ? mix(uRamp[low], uRamp[low + 1], at - float(low)) : fill;
  size = isHot ? max(size, uSizes[0].x + 3.0) : size;
  float pixels = floor(size * uPixelRatio + 0.5);
  bool isHollow = tone >= 5 || uStale > 0.5;
  vEdges = pixels < ${LEAST_FRAMED_PX}.0 ? vec2(1.0, -1.0) : vec2(0.5 - 1.1 / pixels, isHollow ? 0.5 - 3.2 / pixels : -1.0);
#endif
  vColour = mix(fill, uStaleColour, 0.5 * uStale);
  gl_PointSize = floor(size * uPixelRatio + 0.5);
  // A little towards the eye, so that a glyph on a machine's skin is not cut by it: the depth of what is that much nearer.
  float depth = uFlat > 0.5 ? place.z + uDepth.x : uDepth.x + uDepth.y / max(place.w - ${PLAIN_PULL}, 0.01);
  place.z = max(depth, -0.9999) * place.w;
  gl_Position = (bits & ${NOT_PLAIN}) == 0 ? place : vec4(2.0, 2.0, 2.0, 1.0);
}`;

export const PLAIN_FRAGMENT = `
precision mediump float;
flat in vec3 vColour;
out vec4 colour;
#ifdef FRAMED
uniform vec3 uOutline;
flat in vec2 vEdges;
#endif
void main() {
  colour = vec4(vColour, 1.0);
#ifdef FRAMED
  vec2 off = abs(gl_PointCoord - 0.5);
  float edge = max(off.x, off.y);
  if (edge > vEdges.x || edge < vEdges.y) colour = vec4(uOutline, 1.0);
#endif
}`;

/** Everything else. */
export const GLYPH_VERTEX = `
precision highp float;
uniform mat4 projectionMatrix;
uniform mat4 viewMatrix;
uniform float uScale;
uniform float uFlat;
uniform float uPixelRatio;
uniform float uSteady;
uniform float uHeat;
uniform vec3 uSizes[6];
uniform vec3 uColours[7];
uniform vec3 uRamp[7];
in vec3 position;
in float glyph;
in float heat;
flat out vec3 vColour;
flat out float vSize;
flat out int vBits;
void main() {
  int bits = int(glyph + 0.5);
  int shape = bits & 7;
  if (shape == 7 || (bits & ${NOT_PLAIN}) == 0) {
    gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
    return;
  }
  int tone = (bits >> 3) & 7;
  vec4 seen = viewMatrix * vec4(position, 1.0);
  float w = uFlat > 0.5 ? 1.0 : max(-seen.z, 0.01);
  vec3 sizes = uSizes[shape];
  float size = clamp(sizes.z * uScale / w, sizes.x, sizes.y);
  vColour = uColours[tone];
  if (uHeat > 0.5 && shape == 0) {
    float at = (heat - 1.0) / 254.0 * 6.0;
    int low = clamp(int(at), 0, 5);
    bool isHot = heat > 0.5;
    vColour = isHot ? mix(uRamp[low], uRamp[low + 1], at - float(low)) : uColours[tone];
    size = isHot ? max(size, sizes.x + 3.0) : size;
  }
  float more = (bits & 128) != 0 ? 2.0 : uSteady > 0.5 && (bits & 64) != 0 ? 1.7 : 1.0;
  vSize = floor(size * uPixelRatio + 0.5);
  vBits = bits;
  gl_PointSize = vSize * more;
  vec4 place = projectionMatrix * seen;
  // Towards the eye: a glyph on a machine's skin is not cut by it, and what is abnormal stands before its neighbours.
  vec3 towards = uFlat > 0.5 ? vec3(0.0, 0.0, 1.0) : normalize(-seen.xyz);
  vec4 pulled = projectionMatrix * vec4(seen.xyz + towards * (shape == 0 ? ${PLAIN_PULL} : 1.2), 1.0);
  place.z = max(pulled.z / pulled.w, -0.9999) * place.w;
  gl_Position = place;
}`;

export const GLYPH_FRAGMENT = `
precision highp float;
uniform vec3 uOutline;
uniform vec3 uSelected;
uniform vec3 uStaleColour;
uniform float uSteady;
uniform float uPhase;
uniform float uStale;
flat in vec3 vColour;
flat in float vSize;
flat in int vBits;
out vec4 colour;

/** Below 0 inside, 0 on the edge; the shape reaches from -1 to 1. */
float distanceTo(int shape, vec2 c) {
  vec2 a = abs(c);
  if (shape == 1) return max(c.y - 0.9, (a.x * 1.9 - c.y - 1.0) / 2.147);
  if (shape == 2) return (a.x + a.y - 1.0) / 1.414;
  if (shape == 3) return max(min(abs(c.x - c.y), abs(c.x + c.y)) / 1.414 - 0.26, max(a.x, a.y) - 1.0);
  if (shape == 4) return length(c) - 1.0;
  return max(a.x, a.y) - 1.0;
}

void main() {
  int shape = vBits & 7;
  int tone = (vBits >> 3) & 7;
  bool isUnseen = (vBits & 64) != 0;
  vec2 c = gl_PointCoord * 2.0 - 1.0;
  float px = 2.0 / vSize;
  vec3 fill = uStale > 0.5 ? mix(vColour, uStaleColour, 0.5) : vColour;
  if ((vBits & 128) != 0) {
    c *= 2.0;
    float edge = 2.0 - max(abs(c.x), abs(c.y));
    if (edge < 2.0 * px) { colour = vec4(uSelected, 1.0); return; }
    if (edge < 3.0 * px) { colour = vec4(uOutline, 1.0); return; }
  } else if (uSteady > 0.5 && isUnseen) {
    c *= 1.7;
    float edge = 1.7 - length(c);
    if (edge >= 0.0 && edge < 2.0 * px) { colour = vec4(fill, 1.0); return; }
  }
  float d = distanceTo(shape, c);
  if (d > 0.0) discard;
  bool isLarge = vSize >= ${LEAST_FRAMED_PX}.0;
  bool isBlinking = isUnseen && uSteady < 0.5 && uPhase > 0.5;
  bool isHollow = shape != 3 && (shape >= 4 || tone >= 5 || isBlinking || uStale > 0.5);
  vec3 inner = isLarge && isHollow && d < -3.2 * px ? uOutline : fill;
  colour = vec4(isLarge && d > -1.1 * px && shape != 3 ? uOutline : inner, 1.0);
}`;
