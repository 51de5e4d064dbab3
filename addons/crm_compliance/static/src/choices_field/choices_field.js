import { Component } from "@odoo/owl";
import { CheckBox } from "@web/core/checkbox/checkbox";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** Codes separated by commas, ticked in a list of [code, label] that another field of the record holds. */
export class ChoicesField extends Component {
    static template = "crm_compliance.ChoicesField";
    static components = { CheckBox };
    static props = { ...standardFieldProps, choicesField: { type: String } };

    get choices() {
        const chosen = this.chosen;
        return (this.props.record.data[this.props.choicesField] || []).map(([code, label]) => ({
            code,
            label,
            chosen: chosen.includes(code),
        }));
    }

    get chosen() {
        const text = this.props.record.data[this.props.name] || "";
        return text
            .split(",")
            .map((code) => code.trim())
            .filter(Boolean);
    }

    toggle(code, isChosen) {
        const chosen = this.chosen.filter((other) => other !== code);
        const codes = isChosen ? [...chosen, code] : chosen;
        this.props.record.update({ [this.props.name]: codes.join(", ") || false });
    }
}

registry.category("fields").add("compliance_choices", {
    component: ChoicesField,
    displayName: _t("Choices"),
    supportedTypes: ["char"],
    extractProps: ({ options }) => ({ choicesField: options.choices_field }),
});
