import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("compliance_dashboard", {
    steps: () => [
        {
            content: "The blocks are there, the slow one included",
            trigger: ".o_compliance_dashboard .o_compliance_block_levels, .o_compliance_block_late",
        },
        {
            content: "A chart is drawn",
            trigger: ".o_compliance_block_late canvas, .o_compliance_block_late p",
        },
        {
            content: "Every figure has a name and takes the focus",
            trigger: ".o_compliance_block_reviews, .o_compliance_block_levels",
            run() {
                for (const figure of document.querySelectorAll(".o_compliance_figure")) {
                    if (!figure.getAttribute("aria-label") || figure.tabIndex < 0) {
                        throw new Error(`Not reachable or without a name: ${figure.textContent}`);
                    }
                }
            },
        },
        {
            content: "A figure opens its records",
            trigger: ".o_compliance_block_zones .o_compliance_figure",
            run() {
                this.anchor.focus();
                if (document.activeElement !== this.anchor) {
                    throw new Error("The figure did not take the focus");
                }
                this.anchor.click();
            },
        },
        { content: "The list of dossiers", trigger: ".o_list_view .o_data_row, .o_list_view .o_view_nocontent" },
        { content: "Back", trigger: ".o_breadcrumb a:contains(Dashboard), .breadcrumb-item a", run: "click" },
        { content: "The dashboard again", trigger: ".o_compliance_dashboard .o_compliance_figure" },
    ],
});
