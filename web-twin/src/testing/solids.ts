/** A surface of a model: corners and triangles around its own origin. */
export interface Solid {
  readonly position: readonly number[];
  readonly normal?: readonly number[];
  readonly index?: readonly number[];
}

/** An upright prism of radius 1 and height 1 around the origin, with its lids. */
export function cylinder(sides: number): Solid {
  const position: number[] = [];
  const normal: number[] = [];
  const index: number[] = [];
  // A prism of four sides stands square to the axes.
  const turn = (i: number): number => ((i + (sides === 4 ? 0.5 : 0)) * 2 * Math.PI) / sides;
  const corner = (angle: number, y: number, facing: readonly number[]): void => {
    position.push(Math.cos(angle), y, Math.sin(angle));
    normal.push(...facing);
  };
  for (let i = 0; i < sides; i += 1) {
    const first = position.length / 3;
    const middle = turn(i + 0.5);
    for (const angle of [turn(i), turn(i + 1)]) {
      const facing = sides > 8 ? angle : middle;
      for (const y of [-0.5, 0.5]) corner(angle, y, [Math.cos(facing), 0, Math.sin(facing)]);
    }
    index.push(first, first + 1, first + 2, first + 2, first + 1, first + 3);
  }
  for (const y of [-0.5, 0.5]) {
    const first = position.length / 3;
    for (let i = 0; i < sides; i += 1) corner(turn(i), y, [0, Math.sign(y), 0]);
    for (let i = 2; i < sides; i += 1) {
      if (y > 0) index.push(first, first + i, first + i - 1);
      else index.push(first, first + i - 1, first + i);
    }
  }
  return { position, normal, index };
}
