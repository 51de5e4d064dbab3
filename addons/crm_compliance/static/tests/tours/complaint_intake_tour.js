import * as hoot from "@odoo/hoot-dom";
import { registry } from "@web/core/registry";

// An agent on the phone: nothing but keys, and only what has to be typed. Each key that is pressed counts.
let keys = 0;
async function press(...strokes) {
    for (const stroke of strokes) {
        keys += 1;
        await hoot.press(stroke.split("+"));
    }
}
// Into whatever has the focus; no pointer moves it there.
async function type(text) {
    for (const key of text) {
        await press(key);
    }
}
const focused = (name, tag) => `.o_form_view .o_field_widget[name=${name}] ${tag}:focus`;

registry.category("web_tour.tours").add("crm_compliance.complaint_intake", {
    steps: () => [
        {
            content: "A new case",
            trigger: ".o_control_panel .o-kanban-button-new, .o_control_panel .o_list_button_add",
            async run() {
                keys = 0;
                await press("alt+c");
            },
        },
        {
            content: "The subject has the focus",
            trigger: focused("subject", "textarea"),
            async run() {
                await type("pump leaks");
                await press("Tab");
            },
        },
        {
            content: "Next is the customer, by a part of the name",
            trigger: focused("partner_id", "input"),
            run: () => type("keyboard"),
        },
        {
            content: "The customer is offered first",
            trigger: ".o-autocomplete--dropdown-item:first:contains(Keyboard Customer)",
            run: () => press("Enter"),
        },
        {
            content: "The address is known",
            trigger: ".o_field_widget[name=email_from] input:value(keyboard@)",
            run: () => press("Tab"),
        },
        {
            content: "Then the category",
            trigger: focused("category_id", "input"),
            run: () => type("seals"),
        },
        {
            trigger: ".o-autocomplete--dropdown-item:first:contains(Seals)",
            run: () => press("Enter", "alt+s"),
        },
        {
            content: "It is saved and numbered",
            trigger: ".o_form_saved .o_field_widget[name=name]:contains(/)",
            run() {
                if (keys > 35) {
                    throw new Error(`${keys} keys were pressed`);
                }
                console.log(`Complaint taken in with ${keys} keys`);
            },
        },
    ],
});
