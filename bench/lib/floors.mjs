// SPDX-License-Identifier: MIT
// What Fovea promises of its speed, as a table: measure, figure, floor, aim, met or not. A pure
// function over what was measured. A figure is always the worst of its cases (nets, batches, random
// and real pixels), and `where` names it; what was not measured has none and is not met.

/** Two times the same may differ by so much: a comparison with oneself that must not lose. */
const kNoise = 0.03

/**
 * Each promise: `cases(measured)` gives [{ value, where }]; `less`: the smaller the better, and the
 * floor is then a ceiling.
 */
const kPromises = [
  ...['pytorch', 'pytorch-tuned'].flatMap((peer) =>
    ['A', 'B', 'C'].map((net) => ({
      measure: `training ${net}, of native ${peer}, one thread, relaxed`,
      ...(net === 'A' ? { floor: 1, aim: 1.5 } : { floor: 0.8, aim: 1.2 }),
      cases: (measured) =>
        against(measured, [peer], { net, phase: 'train', threads: 1 }, isRelaxed),
    })),
  ),
  {
    measure: 'training B, of the best peer in a browser',
    floor: 45,
    aim: 65,
    cases: (measured) => againstBest(measured, kBrowserTrainers, { net: 'B', phase: 'train' }),
  },
  ...[1, 32, 128].map((batch) => ({
    measure: `inference of ${batch}, of the best peer in a browser`,
    floor: 1.3,
    aim: 2,
    cases: (measured) => againstBest(measured, kBrowserPeers, { phase: 'infer', batch }),
  })),
  ...['relaxed', 'simd'].flatMap((variant) => [
    {
      measure: `convolutions from 16 channels on, of the limit, ${variant}`,
      floor: 0.75,
      aim: 0.9,
      cases: ({ layers }) => shares(layers, variant, ({ channels }) => channels >= 16),
    },
    {
      measure: `first layer of one channel, forward, of the limit, ${variant}`,
      floor: 0.55,
      aim: 0.75,
      cases: ({ layers }) =>
        shares(layers, variant, ({ channels, backward }) => channels === 1 && !backward),
    },
    {
      measure: `first layer of one channel, filter gradient, of the limit, ${variant}`,
      floor: 0.4,
      aim: 0.6,
      cases: ({ layers }) =>
        shares(layers, variant, ({ channels, backward }) => channels === 1 && backward),
    },
    {
      measure: `whole training step of B, of the limit, ${variant}`,
      floor: 0.55,
      aim: 0.8,
      cases: ({ rows, limit }) =>
        own(rows, { variant, net: 'B', phase: 'train', threads: 1 })
          .filter(() => limit[variant] > 0)
          .map((row) => ({ value: row.gflops / limit[variant], where: placeOf(row) })),
    },
  ]),
  ...['A', 'B', 'C'].map((net) => ({
    measure: `p99 over median, one image of ${net}, wall time of calls`,
    less: true,
    floor: 2,
    aim: 1.5,
    cases: ({ rows }) =>
      own(rows, { variant: 'relaxed', net, phase: 'infer', batch: 1, threads: 1 }).map((row) => ({
        value: row.p99Ms / row.medianMs,
        where: placeOf(row),
      })),
  })),
  ...['Node', 'Chromium'].map((host) => ({
    measure: `import to the first trained step of B, ms, ${host}`,
    less: true,
    floor: 200,
    aim: 100,
    cases: ({ starts }) =>
      starts
        .filter((row) => row.firstStepMs !== undefined && row.host.startsWith(host))
        .filter(({ variant, threads }) => variant !== 'scalar' && threads === 1)
        .map((row) => ({ value: row.firstStepMs, where: `${row.variant}, ${row.host}` })),
  })),
  {
    measure: 'download to train, KB gzip',
    less: true,
    floor: 100,
    aim: 70,
    cases: ({ download }) =>
      ['simd', 'relaxed']
        .filter((variant) => download[`fovea, ${variant}`] !== undefined)
        .map((variant) => ({ value: download[`fovea, ${variant}`] / 1000, where: variant })),
  },
  ...['A', 'B', 'C'].map((net) => ({
    measure: `two threads over one, training ${net}, batch 128`,
    floor: 1.6,
    aim: 1.85,
    cases: ({ gains }) => gained(gains, { net, phase: 'train', batch: 128 }),
  })),
  {
    measure: 'two threads over one, inference of 1 (never slower)',
    floor: 1 - kNoise,
    aim: 1,
    cases: ({ gains }) => gained(gains, { phase: 'infer', batch: 1 }),
  },
  {
    measure: 'two threads each: training, of PyTorch',
    floor: 1,
    cases: (measured) => against(measured, ['pytorch'], { phase: 'train', threads: 2 }),
  },
  {
    measure: 'two threads each: inference, of ONNX Runtime Web',
    floor: 1,
    cases: (measured) => against(measured, ['onnxruntime'], { phase: 'infer', threads: 2 }),
  },
  {
    measure: 'two threads each: inference, of PyTorch',
    floor: 1,
    cases: (measured) => against(measured, ['pytorch'], { phase: 'infer', threads: 2 }),
  },
]

const kBrowserTrainers = ['convnetjs', 'jax-js', 'tfjs']
const kBrowserPeers = ['tfjs', 'onnxruntime', 'jax-js']

const matches = (row, wanted) =>
  Object.entries(wanted).every(([name, value]) => row[name] === value)

const placeOf = ({ net, phase, batch, data }) => `${net} ${phase} ${batch}, ${data}`

const isRelaxed = ({ fovea }) => fovea.variant === 'relaxed'

/** The ratio to each of some peers, in each case. */
const against = ({ comparisons }, peers, wanted, more = () => true) =>
  comparisons
    .filter((row) => matches(row, wanted) && more(row))
    .flatMap((row) =>
      peers
        .filter((peer) => row.ratios[peer] !== undefined)
        .map((peer) => ({ value: row.ratios[peer], where: `${placeOf(row)}: ${peer}` })),
    )

/** One thread, and in each case only the peer that is the fastest there. */
const againstBest = (measured, peers, wanted) =>
  measured.comparisons
    .filter((row) => matches(row, { ...wanted, threads: 1 }))
    .flatMap((row) => worstOf(against({ comparisons: [row] }, peers, {})) ?? [])

/** Convolutions of B and C in training against the limit of their own variant. */
const shares = (layers, variant, wanted) =>
  layers
    .filter((row) => row.type === 'conv2d' && row.phase === 'train' && ['B', 'C'].includes(row.net))
    .filter((row) => row.variant === variant && row.share !== undefined && wanted(row))
    .map(({ net, layer, backward, share }) => {
      return { value: share, where: `${net} ${layer} ${backward ? 'backward' : 'forward'}` }
    })

const gained = (gains, wanted) =>
  gains
    .filter((row) => matches(row, { ...wanted, variant: 'relaxed' }) && judged(row))
    .map((row) => ({ value: row.gain, where: placeOf(row) }))

/** Rows of Fovea in the Node that is judged. */
const own = (rows, wanted) =>
  rows.filter((row) => matches(row, { ...wanted, library: 'fovea' }) && judged(row))

/** An older Node is measured besides (--node20), and browsers are; floors are for Node 22 and up. */
const judged = ({ host }) => Number(/^Node (\d+)/.exec(host)?.[1]) >= 22

function worstOf(cases, less = false) {
  const good = cases.filter(({ value }) => Number.isFinite(value))
  return good.sort((a, b) => (less ? b.value - a.value : a.value - b.value))[0]
}

/**
 * The table: a list of { measure, figure, floor, aim, better, met, aimMet, where }. `measured` has the
 * lists comparisons, rows, layers, starts and gains, and the objects limit and download, of the results.
 */
export function floorsOf(measured) {
  const empty = { comparisons: [], rows: [], layers: [], starts: [], gains: [] }
  const all = { ...empty, limit: {}, download: {}, ...measured }
  return kPromises.map(({ measure, floor, aim, less, cases }) => {
    const worst = worstOf(cases(all), less)
    const reaches = (bound) =>
      worst !== undefined && (less ? worst.value <= bound : worst.value >= bound)
    return {
      measure,
      figure: worst?.value,
      floor,
      aim,
      better: less ? 'less' : 'more',
      met: reaches(floor),
      aimMet: aim === undefined ? undefined : reaches(aim),
      where: worst?.where,
    }
  })
}
