/** Symmetric matrices are row-major, n x n. */

/** Column means of `rows`, all of length n. */
export function meanOfRows(rows: readonly ArrayLike<number>[]): Float64Array {
  const mean = new Float64Array(rows[0]?.length ?? 0);
  return mean.map((_, i) => rows.reduce((sum, row) => sum + (row[i] ?? 0), 0) / rows.length);
}

/** Covariance of `rows` (about `mean`, divided by their count), drawn towards a multiple of the identity by just as
 *  much as its own scatter asks for: well conditioned with fewer rows than columns
 *  (O. Ledoit & M. Wolf, "A well-conditioned estimator for large-dimensional covariance matrices",
 *  J. Multivariate Analysis 88, 2004). */
export function shrunkCovariance(rows: readonly ArrayLike<number>[], mean: Float64Array): Float64Array {
  const n = mean.length;
  const centred = rows.map((row) => mean.map((value, i) => (row[i] ?? 0) - value));
  const covariance = scatter(centred, n);
  const level = trace(covariance, n) / n;
  // Squared Frobenius distances, each divided by n, which cancels in the quotient.
  const spread = squaresOf(covariance.map((value, i) => value - (isDiagonal(i, n) ? level : 0)));
  // The mean of |x x' - S|^2 is the mean of |x|^4, less |S|^2.
  const fourth = centred.reduce((sum, row) => sum + squaresOf(row) ** 2, 0) / rows.length;
  const noise = Math.max(0, fourth - squaresOf(covariance)) / rows.length;
  const weight = spread > 0 ? Math.min(1, noise / spread) : 1;
  return covariance.map((value, i) => (1 - weight) * value + (isDiagonal(i, n) ? weight * level : 0));
}

const squaresOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value * value, 0);

const isDiagonal = (index: number, n: number): boolean => index % (n + 1) === 0;

function scatter(centred: readonly Float64Array[], n: number): Float64Array {
  const sum = new Float64Array(n * n);
  for (const row of centred) {
    row.forEach((left, i) => {
      row.forEach((right, j) => {
        sum[i * n + j] = (sum[i * n + j] ?? 0) + left * right;
      });
    });
  }
  return sum.map((value) => value / centred.length);
}

const trace = (matrix: Float64Array, n: number): number =>
  matrix.reduce((sum, value, i) => sum + (isDiagonal(i, n) ? value : 0), 0);

/** Inverse of a symmetric positive definite matrix, by its Cholesky factor.
 *  @throws RangeError when it is not positive definite */
export function invertPositive(matrix: Float64Array, n: number): Float64Array {
  const factor = cholesky(matrix, n);
  const inverse = new Float64Array(n * n);
  const column = new Float64Array(n);
  for (let j = 0; j < n; j += 1) {
    column.fill(0);
    column[j] = 1;
    solveLower(factor, column, n);
    solveUpper(factor, column, n);
    for (let i = 0; i < n; i += 1) inverse[i * n + j] = column[i] ?? 0;
  }
  return inverse;
}

/** L with L L' = matrix. */
function cholesky(matrix: Float64Array, n: number): Float64Array {
  const factor = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let sum = matrix[i * n + j] ?? 0;
      for (let k = 0; k < j; k += 1) sum -= (factor[i * n + k] ?? 0) * (factor[j * n + k] ?? 0);
      if (i !== j) factor[i * n + j] = sum / (factor[j * n + j] ?? 0);
      else if (sum > 0) factor[i * n + i] = Math.sqrt(sum);
      else throw new RangeError("the matrix is not positive definite");
    }
  }
  return factor;
}

function solveLower(factor: Float64Array, x: Float64Array, n: number): void {
  for (let i = 0; i < n; i += 1) {
    let sum = x[i] ?? 0;
    for (let k = 0; k < i; k += 1) sum -= (factor[i * n + k] ?? 0) * (x[k] ?? 0);
    x[i] = sum / (factor[i * n + i] ?? 0);
  }
}

function solveUpper(factor: Float64Array, x: Float64Array, n: number): void {
  for (let i = n - 1; i >= 0; i -= 1) {
    let sum = x[i] ?? 0;
    for (let k = i + 1; k < n; k += 1) sum -= (factor[k * n + i] ?? 0) * (x[k] ?? 0);
    x[i] = sum / (factor[i * n + i] ?? 0);
  }
}
