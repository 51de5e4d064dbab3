# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import io

from reportlab.lib.units import mm
from reportlab.pdfgen import canvas

from odoo import api, fields, models
from odoo.tools import format_datetime
from odoo.tools.pdf import PdfFileReader, PdfFileWriter


class IrActionsReport(models.Model):
    """Which document a page belongs to, and its number, at the foot of every page of our PDFs.

    wkhtmltopdf as Debian and others build it prints neither headers nor footers. Drawn onto the finished pages, they
    are there with any.
    """

    _inherit = "ir.actions.report"

    def _render_qweb_pdf_prepare_streams(self, report_ref, data, res_ids=None):
        """Documents of models with a ``_get_report_footer`` get their footer, each with page numbers of its own."""
        records = self.env.get(self._get_report(report_ref).model)
        if not res_ids or not hasattr(records, "_get_report_footer"):
            return super()._render_qweb_pdf_prepare_streams(report_ref, data, res_ids=res_ids)
        streams = {}
        # One by one: of several, nobody knows which page is whose.
        for record in records.browse(dict.fromkeys(res_ids)):
            single = super()._render_qweb_pdf_prepare_streams(report_ref, data, res_ids=record.ids)
            printed = single[record.id]
            printed["stream"] = self._draw_footers(printed["stream"], record._get_report_footer())
            streams.update(single)
        return streams

    @api.model
    def _get_print_time(self):
        """When a document is printed, by the reader's clock and in the reader's language."""
        return format_datetime(self.env, fields.Datetime.now())

    @api.model
    def _draw_footers(self, stream, text):
        """:param stream: file of a PDF
        :param str text: what every page says besides its number, in the letters of Latin 1
        :return: file of the PDF with footers
        """
        reader = PdfFileReader(stream, strict=False)
        pages = [reader.getPage(number) for number in range(reader.getNumPages())]
        footers = PdfFileReader(self._render_footers(pages, text))
        writer = PdfFileWriter()
        for number, page in enumerate(pages):
            writer.addPage(page)
            writer.getPage(number).mergePage(footers.getPage(number))
        result = io.BytesIO()
        writer.write(result)
        return result

    @api.model
    def _render_footers(self, pages, text):
        """:return: file of a PDF with nothing but the footers of these pages"""
        packet = io.BytesIO()
        sheet = canvas.Canvas(packet)
        for number, page in enumerate(pages, 1):
            width, height = float(page.mediaBox.getWidth()), float(page.mediaBox.getHeight())
            sheet.setPageSize((width, height))
            sheet.setFont("Helvetica", 7)
            sheet.setFillGray(0.4)
            sheet.drawString(10 * mm, 8 * mm, text)
            sheet.drawRightString(width - 10 * mm, 8 * mm, f"{number} / {len(pages)}")
            sheet.showPage()
        sheet.save()
        return packet
