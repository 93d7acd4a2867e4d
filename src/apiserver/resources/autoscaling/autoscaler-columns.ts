/** What `kubectl get hpa` shows of metrics: `cpu: 35%/70%, memory: <unknown>/500Mi + 3 more...`. */

import type { HorizontalPodAutoscaler, MetricSpec } from '#api/autoscaling/horizontal-pod-autoscaler-v2.ts';
import type { AnyJson } from '#machinery/schema.ts';

const shownMax = 2;

export function printedTargets({ spec, status }: HorizontalPodAutoscaler): string {
  const metrics = spec?.metrics ?? [];
  if (metrics.length === 0) return '<none>';
  const current = (status?.currentMetrics ?? []) as readonly AnyJson[];
  const list = metrics.map((metric, at) => printedMetric(metric, current[at])).filter(text => text !== '');
  const shown = list.slice(0, shownMax).join(', ');
  return list.length > shownMax ? `${shown} + ${list.length - shownMax} more...` : shown;
}

function printedMetric(metric: MetricSpec, current: AnyJson): string {
  const unknown = '<unknown>';
  switch (metric.type) {
    case 'Resource':
    case 'ContainerResource': {
      const field = metric.type === 'Resource' ? 'resource' : 'containerResource';
      const { name, target } = metric[field] ?? { name: '', target: undefined };
      const now = current?.[field]?.current;
      if (target?.averageValue !== undefined) return `${name}: ${now?.averageValue ?? unknown}/${target.averageValue}`;
      const percent = now?.averageUtilization === undefined ? unknown : `${now.averageUtilization}%`;
      const wanted = target?.averageUtilization === undefined ? '<auto>' : `${target.averageUtilization}%`;
      return `${name}: ${percent}/${wanted}`;
    }
    case 'Pods':
      return `${current?.pods?.current?.averageValue ?? unknown}/${metric.pods?.target?.averageValue}`;
    case 'Object': {
      const { target } = metric.object ?? {};
      const now = current?.object?.current;
      if (target?.averageValue !== undefined) return `${now?.averageValue ?? unknown}/${target.averageValue} (avg)`;
      return `${now?.value ?? unknown}/${target?.value}`;
    }
    case 'External': {
      const { target } = metric.external ?? {};
      const now = current?.external?.current;
      if (target?.averageValue !== undefined) return `${now?.averageValue ?? unknown}/${target.averageValue} (avg)`;
      return `${now?.value ?? unknown}/${target?.value}`;
    }
    default:
      return '';
  }
}
