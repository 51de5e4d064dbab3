import { registry } from "@web/core/registry";
import { inputFiles } from "@web/../tests/utils";

// Frontend tours: every step that leads to another page expects it.
const file = () =>
    inputFiles("input[name=files]", [new File(["hello"], "letter.txt", { type: "text/plain" })]);

registry.category("web_tour.tours").add("crm_compliance.complaint_file", {
    url: "/my",
    steps: () => [
        {
            content: "The portal offers complaints",
            trigger: "a[href='/my/complaints']:contains(Complaints)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Begin one",
            trigger: "a[name=new_complaint]",
            run: "click",
            expectUnloadPage: true,
        },
        { trigger: "#complaint_subject", run: "edit Pump leaks" },
        { trigger: "#complaint_description", run: "edit It drips from the seal." },
        { trigger: "input[name=files]", run: file },
        {
            content: "Send it",
            trigger: "button[name=file_complaint]",
            run: "click",
            expectUnloadPage: true,
        },
        { trigger: ".alert-success:contains(Thank you for telling us)" },
        { trigger: "h3:contains(Pump leaks)" },
        { trigger: "a:contains(letter.txt)" },
        { trigger: ".o_complaint_step_current:contains(Received)" },
        {
            content: "It is in the list",
            trigger: ".breadcrumb a[href='/my/complaints']",
            run: "click",
            expectUnloadPage: true,
        },
        { trigger: "table a:contains(Pump leaks)" },
    ],
});

registry.category("web_tour.tours").add("crm_compliance.complaint_reject", {
    steps: () => [
        { trigger: "#solution:contains(Tighten the seal)" },
        { trigger: "summary:contains(No, it does not)", run: "click" },
        { trigger: "#complaint_reject_reason", run: "edit It still drips." },
        { trigger: "button[name=reject]", run: "click", expectUnloadPage: true },
        { trigger: ".alert-success:contains(another solution)" },
        { trigger: "body:not(:has(#solution))" },
    ],
});

registry.category("web_tour.tours").add("crm_compliance.complaint_confirm", {
    steps: () => [
        { trigger: "button[name=confirm]", run: "click", expectUnloadPage: true },
        { trigger: ".alert-success:contains(glad that it is solved)" },
        { content: "Four stars", trigger: "label[for=complaint_star_4]", run: "click" },
        { trigger: "#complaint_rate_comment", run: "edit Quick in the end." },
        { trigger: "button[name=rate]", run: "click", expectUnloadPage: true },
        { trigger: ".alert:contains(You rated this case 4 of 5)" },
    ],
});

registry.category("web_tour.tours").add("crm_compliance.complaint_public", {
    url: "/complaint",
    steps: () => [
        { trigger: "#complaint_name", run: "edit Ada Stranger" },
        { trigger: "#complaint_email", run: "edit ada@stranger.example.com" },
        { trigger: "#complaint_subject", run: "edit Wrong colour" },
        { trigger: "#complaint_description", run: "edit Ordered red, got blue." },
        { trigger: "input[name=files]", run: file },
        { trigger: "button[name=file_complaint]", run: "click", expectUnloadPage: true },
        { trigger: ".o_complaint_thanks:contains(Your complaint has the number)" },
    ],
});

registry.category("web_tour.tours").add("crm_compliance.complaint_track", {
    steps: () => [
        { trigger: "h3:contains(Wrong colour)" },
        { trigger: "#solution:contains(Keep it for free)" },
        { trigger: "#complaint_message", run: "edit That is kind." },
        { trigger: "button[name=reply]", run: "click", expectUnloadPage: true },
        { trigger: ".o_complaint_message:contains(That is kind.)" },
        { trigger: "button[name=confirm]", run: "click", expectUnloadPage: true },
        { trigger: ".alert-success:contains(glad that it is solved)" },
        { trigger: "label[for=complaint_star_5]", run: "click" },
        { trigger: "button[name=rate]", run: "click", expectUnloadPage: true },
        { trigger: ".alert:contains(You rated this case 5 of 5)" },
    ],
});
