// Types of the one generator of seedrandom that podsim uses, loaded without the package's main
// file, which would replace nothing but drag Node's crypto module in.

declare module "seedrandom/lib/alea.js" {
  export interface Alea {
    /** 53 random bits as a multiple of 2 ** -53 from 0 to 1, 1 excluded. */
    double(): number;
    /** 32 random bits as a signed integer. */
    int32(): number;
  }
  const alea: (seed: string) => Alea;
  export default alea;
}
