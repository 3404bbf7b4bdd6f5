"""One frame of a performance, from the back to the front."""

from dataclasses import dataclass

from motioncast.arrays import Float32, Image
from motioncast.engines.puppet.body.hem import FADE
from motioncast.engines.puppet.body.joints import SIDES
from motioncast.engines.puppet.body.rig import PosedMesh
from motioncast.engines.puppet.body.skeleton import Joint, side_joints
from motioncast.engines.puppet.body.torso import torso_map
from motioncast.engines.puppet.canvas import Canvas
from motioncast.engines.puppet.character import Character
from motioncast.engines.puppet.face.eye_paint import paint_eyes
from motioncast.engines.puppet.face.head_motion import HeadMotion
from motioncast.engines.puppet.face.topology import FACE
from motioncast.engines.puppet.grain import FilmGrain
from motioncast.engines.puppet.performance import UNMOVED, FacePlan, Performance
from motioncast.engines.puppet.scene.performer import Waist
from motioncast.engines.puppet.scene.shadow import Sole
from motioncast.engines.puppet.texture import Texture
from motioncast.engines.puppet.trunk import SheetTorso

_SHADED_ABOVE = 0.6  #: a face drawn smaller than this share of its picture shows no shading


@dataclass(frozen=True)
class FigureRenderer:
    """Draws the character of a performance. Every call is a pure function of its arguments."""

    character: Character
    performance: Performance
    grain: FilmGrain

    @property
    def looks_at_performer(self) -> bool:
        """Does any image show something of the driving frames themselves?"""
        plan = self.performance.face
        return plan is not None and (plan.shading is not None or plan.mouth.uses_driver)

    def draw(self, canvas: Canvas, index: int, frame: Image | None) -> None:
        """Draw frame `index` over the canvas; `frame` (h, w, 3) is the driving frame, if `looks_at_performer`."""
        self._draw_figure(canvas, index, frame)
        self.grain.apply(canvas, index)

    def _draw_figure(self, canvas: Canvas, index: int, frame: Image | None) -> None:
        body = self.performance.body
        if body is None:
            assert self.performance.bust is not None
            bust = self.performance.bust
            self._draw_trunk(canvas, index, frame, self.character.trunk.place(bust.torso(index)), bust.scale(index))
            return
        joints, scale = body.joints_px[index], float(body.scale[index])
        torso = torso_map(self.character.rest.joints_px, joints, scale)
        limbs = self.character.limbs
        for side in SIDES:
            if side in limbs.arms and body.arm_behind[side][index]:
                _draw(canvas, limbs.arm(side, joints, torso, scale), scale)
        for leg in limbs.lower_body(joints, torso, scale, bool(body.left_leg_behind[index])):
            _draw(canvas, leg, scale)
        self._draw_trunk(canvas, index, frame, self.character.trunk.place(torso), scale)
        for side in SIDES:
            if side in limbs.arms and not body.arm_behind[side][index]:
                _draw(canvas, limbs.arm(side, joints, torso, scale), scale)

    def soles(self, index: int) -> tuple[tuple[Sole, ...], float]:
        """See `Figure.soles`."""
        body, rest = self.performance.body, self.character.rest
        if body is None or not rest.has_legs:
            return (), 0.0
        joints = body.joints_px[index]
        toes = joints[[Joint.LEFT_TOE, Joint.RIGHT_TOE], 1]
        lifts = toes.max() - toes
        soles = tuple(
            Sole(joints[ankle], joints[toe], float(lift))
            for (ankle, toe), lift in zip((side_joints(side, "ANKLE", "TOE") for side in SIDES), lifts, strict=True)
        )
        return soles, self.character.joints.radius * float(body.scale[index])

    def waist(self, index: int) -> Waist | None:
        """See `Figure.waist`."""
        body, hem = self.performance.body, self.character.hem
        if body is None or hem is None:
            return None
        hip, neck = body.joints_px[index, [Joint.HIP, Joint.NECK]]
        return Waist(hip + (hem + 2 * FADE) * (neck - hip), FADE * (hip - neck))

    def _draw_trunk(self, canvas: Canvas, index: int, frame: Image | None, torso: SheetTorso, scale: float) -> None:
        trunk, plan = self.character.trunk, self.performance.face
        motion = self.performance.head.at(index) if self.performance.head is not None else UNMOVED
        landmarks = plan.transfer.landmarks(index) if plan is not None else None
        vertices = trunk.mesh.pose(landmarks, motion, torso)
        if self.performance.secondary is not None:
            vertices = self.performance.secondary.apply(vertices, index, scale)
        texture = trunk.texture
        if plan is not None and plan.shading is not None and frame is not None and scale > _SHADED_ABOVE:
            texture = Texture((plan.shading.shade(texture.levels[0], index, frame, motion.rotation),))
        canvas.draw(vertices, trunk.mesh.texture_px, trunk.mesh.triangles, texture, scale)
        if plan is not None:
            self._paint_face(canvas, plan, vertices, index, frame, torso, motion)

    def _paint_face(
        self,
        canvas: Canvas,
        plan: FacePlan,
        vertices: Float32,
        index: int,
        frame: Image | None,
        torso: SheetTorso,
        motion: HeadMotion,
    ) -> None:
        trunk = self.character.trunk
        assert trunk.face is not None
        affine = trunk.mesh.affine(motion, torso)
        gaze, closure = plan.transfer.gaze(index), plan.transfer.closure(index)
        paint_eyes(canvas.rgb, canvas.coverage, vertices[:FACE], affine, trunk.face, gaze, closure)
        plan.mouth.paint(canvas.rgb, canvas.coverage, vertices[:FACE], index, frame)


def _draw(canvas: Canvas, mesh: PosedMesh, scale: float) -> None:
    canvas.draw(mesh.vertices_px, mesh.uv_px, mesh.triangles, mesh.texture, scale)
