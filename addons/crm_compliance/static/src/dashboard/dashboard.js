import { _t } from "@web/core/l10n/translation";
import { deserializeDateTime, toLocaleDateTimeString } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

import { Component, onMounted, onWillStart, onWillUnmount, useState } from "@odoo/owl";

import { DashboardChart } from "./dashboard_chart";

/**
 * The picture at a glance. The server says which blocks there are, with what figures and of which records; here they
 * are only drawn. Every figure is a button, so that the keyboard reaches it and a screen reader names it.
 */
export class ComplianceDashboard extends Component {
    static template = "crm_compliance.Dashboard";
    static components = { Layout, DashboardChart };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.display = { controlPanel: {} };
        this.state = useState({ date: false, companies: [], blocks: [], isSlow: true });
        this.isGone = false;
        onWillStart(async () => {
            Object.assign(this.state, await this.orm.call("compliance.dashboard", "get_data", []));
        });
        // What takes longer comes when the rest can be read already.
        onMounted(async () => {
            const blocks = await this.orm.silent.call("compliance.dashboard", "get_slow_blocks", []);
            if (!this.isGone) {
                this.state.blocks.push(...blocks);
                this.state.isSlow = false;
            }
        });
        onWillUnmount(() => (this.isGone = true));
    }

    get dateText() {
        return this.state.date
            ? _t("Figures as of %s", toLocaleDateTimeString(deserializeDateTime(this.state.date)))
            : _t("The figures of the dossiers were not computed yet");
    }

    isEmpty(block) {
        return !block.items.some((item) => item.value);
    }

    getTotal(block) {
        return block.items.reduce((total, item) => total + (item.value || 0), 0);
    }

    /** Width of the bar behind a figure, in per cent of the block's largest. */
    getShare(block, item) {
        const most = Math.max(...block.items.map((other) => Math.abs(other.value || 0)));
        return most ? Math.round((100 * Math.abs(item.value || 0)) / most) : 0;
    }

    getChange(item) {
        return item.change > 0 ? `+${item.change}` : `${item.change}`;
    }

    /** What a screen reader says. */
    getName(block, item) {
        const figure = `${block.title}, ${item.label}: ${item.text}`;
        return item.change === null || !item.change
            ? figure
            : _t("%(figure)s, %(change)s against a month ago", { figure, change: this.getChange(item) });
    }

    open(block, item) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            name: `${block.title}: ${item.label}`,
            res_model: item.model || block.model,
            domain: item.domain,
            views: [
                [false, "list"],
                [false, "form"],
            ],
            context: { create: false },
        });
    }
}

registry.category("actions").add("crm_compliance.dashboard", ComplianceDashboard);
