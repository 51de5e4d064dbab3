import { loadBundle } from "@web/core/assets";

import { Component, onWillStart, useEffect, useRef } from "@odoo/owl";

/** Chart of a block. The figures beside it say the same and more, so it is hidden from screen readers. */
export class DashboardChart extends Component {
    static template = "crm_compliance.DashboardChart";
    static props = { block: Object, open: Function };

    setup() {
        this.canvas = useRef("canvas");
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(() => {
            const chart = new Chart(this.canvas.el, this.config);
            return () => chart.destroy();
        });
    }

    /** A colour as the current theme has it. */
    getColor(name) {
        return getComputedStyle(this.canvas.el).getPropertyValue(name).trim() || "#888";
    }

    getTone(tone) {
        return this.getColor({ muted: "--secondary", critical: "--compliance-critical" }[tone] || `--${tone}`);
    }

    get config() {
        const { chart, items } = this.props.block;
        const isLine = chart === "line";
        const color = getComputedStyle(this.canvas.el).color;
        const axis = { ticks: { color, precision: 0 }, grid: { color: "rgba(128, 128, 128, .2)" }, beginAtZero: true };
        const own = isLine ? this.getTone("primary") : items.map((item) => this.getTone(item.tone));
        return {
            type: chart,
            data: {
                labels: items.map((item) => item.label),
                datasets: [
                    {
                        data: items.map((item) => item.value),
                        backgroundColor: own,
                        borderColor: isLine ? own : "transparent",
                        maxBarThickness: 48,
                        spanGaps: true,
                        tension: 0.3,
                    },
                ],
            },
            options: {
                responsive: true,
                maintainAspectRatio: false,
                animation: false,
                cutout: "65%",
                plugins: {
                    legend: { display: false },
                    tooltip: { callbacks: { label: (point) => items[point.dataIndex].text } },
                },
                scales: chart === "doughnut" ? {} : { x: { ...axis, grid: { display: false } }, y: this.getScale(axis) },
                onClick: (_event, points) => points.length && this.props.open(items[points[0].index]),
                onHover: (event, points) => {
                    event.native.target.style.cursor = points.length ? "pointer" : "default";
                },
            },
        };
    }

    getScale(axis) {
        if (this.props.block.chart !== "line") {
            return { ...axis, ticks: { ...axis.ticks, format: { notation: "compact" } } };
        }
        return { ...axis, suggestedMax: 100, ticks: { ...axis.ticks, callback: (value) => `${value} %` } };
    }
}
