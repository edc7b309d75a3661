// The weight ln(n + 2) of a topology of n domains, bit for bit as upstream computes it.
//
// Go's logarithm on amd64 is the classical scheme below; JavaScript's differs in the last bit for
// some integers, and a score is rounded from it (scheduler-plugins N5). Only + - * / are used.

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
const L1 = 0.6666666666666735;
const L2 = 0.3999999999940942;
const L3 = 0.2857142874366239;
const L4 = 0.22222198432149784;
const L5 = 0.1818357216161805;
const L6 = 0.15313837699209373;
const L7 = 0.14798198605116586;
/** sqrt(1/2), the border at which the fraction is doubled. */
const SQRT_HALF = Math.SQRT1_2;

/** Natural logarithm of an integer of at least 1, as Go on amd64 gives it. */
export function naturalLogarithm(value: number): number {
  let fraction = value;
  let exponent = 0;
  while (fraction >= 1) {
    fraction /= 2;
    exponent++;
  }
  if (fraction < SQRT_HALF) {
    fraction *= 2;
    exponent--;
  }
  const f = fraction - 1;
  const s = f / (2 + f);
  const s2 = s * s;
  const s4 = s2 * s2;
  const odd = s2 * (L1 + s4 * (L3 + s4 * (L5 + s4 * L7)));
  const even = s4 * (L2 + s4 * (L4 + s4 * L6));
  const rest = odd + even;
  const half = 0.5 * f * f;
  return exponent * LN2_HIGH - (half - (s * (half + rest) + exponent * LN2_LOW) - f);
}

/** Weight of a topology with that many domains: few domains weigh little, one is not zero. */
export function topologyWeight(domainCount: number): number {
  return naturalLogarithm(domainCount + 2);
}
