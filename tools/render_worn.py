"""Render a synthetic performer who wears glasses or a full beard (dev-time, in an environment of its own).

Usage: python face_worn.py RENDERER glasses|beard NAME OUT.png [key=json ...], where RENDERER is the performers'
renderer (``render_performer.py``, which needs ``bpy``, GPL-3, therefore not a part of this project) and the rest is
what it takes itself. It runs with a few lines put in.
"""

import sys
from pathlib import Path

_BEFORE = "# " + 96 * "-" + " light, background"
_GLASSES = """
gm=Mat('frame'); gm.b.inputs['Base Color'].default_value=(.012,.010,.010,1); gm.b.inputs['Roughness'].default_value=.3
gy=Pb[verts('helper-l-eye')][:,1].min()-.13
def tube(name,pts,r,cyclic=False):
    pts=turn(np.array(pts,float)); cu=bpy.data.curves.new(name,'CURVE'); cu.dimensions='3D'
    cu.bevel_depth=r; cu.bevel_resolution=3
    s=cu.splines.new('POLY'); s.points.add(len(pts)-1); s.use_cyclic_u=cyclic
    s.points.foreach_set('co',np.c_[pts,np.ones(len(pts))].astype(np.float32).ravel())
    o=bpy.data.objects.new(name,cu); sc.collection.objects.link(o); cu.materials.append(gm.m)
ga=np.linspace(0,2*np.pi,64,endpoint=False); gw,gh=ed*.80,ed*.62
sq=lambda v:np.sign(v)*np.abs(v)**.75
for s in (-1,1):
    gx=s*ed*1.04+gw*sq(np.cos(ga))
    tube('rim%d'%s,np.stack([gx,gy+.22*np.abs(gx)**2,EZ-.02+gh*sq(np.sin(ga))],1),.014,True)
    t=np.linspace(0,1,20); x0=s*(ed*1.04+gw); y0=gy+.22*x0**2
    tube('temple%d'%s,np.stack([x0+(s*.70-x0)*t**.5,y0+(-.35-y0)*t,EZ+.04+.02*t],1),.012)
t=np.linspace(-1,1,15); bw=ed*1.04-gw
tube('bridge',np.stack([bw*t,gy-.02*(1-t**2),EZ+.02+.03*(1-t**2)],1),.012)
"""
_BEARD = {
    "n=int(19000*C['beard'])": "n=36000",
    "L=rh.uniform(.006,.016,n)": "L=(rh.uniform(.05,.13,n)*sm(-.2,-.65,p[:,2]-EZ)+.012)",
    "np.linspace(0,1,3)[None,:,None]; strands": (
        "np.linspace(0,1,4)[None,:,None]+np.array([0,.25,-.5])*(L*np.linspace(0,1,4)[None,:,None]**2); strands"
    ),
    ".0009,.0004,hairmat('beardm'": ".0022,.0010,hairmat('beardm'",
}
_WORN = {"glasses": {_BEFORE: _GLASSES + _BEFORE}, "beard": _BEARD}


def main() -> None:
    """Put the lines in, and run the renderer."""
    _, renderer, worn, *asked = sys.argv
    script = Path(renderer).read_text(encoding="utf-8")
    for old, new in _WORN[worn].items():
        if old not in script:
            sys.exit(f"{renderer} has no {old!r}; this tool was written for another version of it")
        script = script.replace(old, new)
    sys.argv = [renderer, *asked]
    exec(compile(script, renderer, "exec"), {"__name__": "__main__"})  # noqa: S102 - the renderer that was named


if __name__ == "__main__":
    main()
