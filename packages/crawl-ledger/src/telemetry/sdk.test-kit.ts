import { context, metrics, propagation, trace } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node'

interface Point {
  readonly attributes: object
  readonly value: unknown
}

/** What a service has that traces. */
export interface Sdk {
  /** The spans of a name that have ended. */
  spans(name?: string): readonly ReadableSpan[]
  /** The values of an instrument now. */
  points(instrument: string): Promise<readonly Point[]>
}

/** Registers an SDK that keeps all in memory; nothing of it is left afterwards, for all tests share a process. */
export const withSdk = async <A>(use: (sdk: Sdk) => Promise<A>): Promise<A> => {
  const kept = new InMemorySpanExporter()
  const tracing = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(kept)] })
  tracing.register()
  const measured = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter: measured, exportIntervalMillis: 3_600_000 })
  const measuring = new MeterProvider({ readers: [reader] })
  metrics.setGlobalMeterProvider(measuring)
  try {
    return await use({
      spans: name => kept.getFinishedSpans().filter(span => name === undefined || span.name === name),
      points: async instrument => {
        measured.reset()
        await reader.forceFlush()
        return measured
          .getMetrics()
          .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(scope => scope.metrics))
          .filter(({ descriptor }) => descriptor.name === instrument)
          .flatMap(({ dataPoints }): readonly Point[] => dataPoints)
      },
    })
  } finally {
    for (const api of [trace, context, propagation, metrics]) api.disable()
    await tracing.shutdown()
    await measuring.shutdown()
  }
}
